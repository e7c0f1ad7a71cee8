"""An eval that is imported, as a row: what cannot be used of it here is switched off."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from understudy.errors import InvalidRequestError, UnderstudyError
from understudy.evals.criteria import SWITCHED_OFF
from understudy.evals.data_schema import check_variables
from understudy.evals.imported_run import origin_value
from understudy.graders.build import GraderContext, build_grader
from understudy.ids import criterion_id, new_id, unix_now
from understudy.schemas.evals.graders import MultiGrader, SingleGrader, WireGrader
from understudy.schemas.evals.imports import ImportEval
from understudy.server.http.validation_errors import request_error
from understudy.storage.tables.evals import EvalRow
from understudy.wording import worded

_GRADER: TypeAdapter[SingleGrader | MultiGrader] = TypeAdapter(WireGrader)


async def imported_eval(body: ImportEval, project_id: str, context: GraderContext) -> EvalRow:
    """Return the eval that `body` describes, with its own creation time and criterion ids.

    A criterion that cannot be used here (its judge is gone, its type is unknown) is kept as it is
    with the reason, for the results of past runs. Raises InvalidRequestError with the path of
    what leaves no eval: a data source without a schema, two criteria of one id.
    """
    schema = _schema(body.data_source_config)
    now = unix_now()
    criteria = [
        await _criterion(given, schema, context, f"testing_criteria[{index}]")
        for index, given in enumerate(body.testing_criteria)
    ]
    _check_ids(criteria)
    return EvalRow(
        id=new_id("eval_"),
        project_id=project_id,
        name=body.name or "Imported eval",
        created_at=now if body.created_at is None else body.created_at,
        updated_at=now,
        pairs=body.metadata,
        data_source_config=body.data_source_config,
        testing_criteria=criteria,
        imported=origin_value(body.imported, now),
    )


async def _criterion(
    given: Mapping[str, Any], schema: Mapping[str, Any], context: GraderContext, param: str
) -> dict[str, Any]:
    name = given.get("name") or given.get("type")
    if not isinstance(name, str) or not name:
        raise _refusal(param, "it has neither a name nor a type")
    kept = {"id": criterion_id(name), "name": name, **_known(given)}
    if not isinstance(kept["id"], str) or not kept["id"]:
        raise _refusal(f"{param}.id", "it is not a text")
    try:
        wire = _GRADER.validate_python({k: v for k, v in kept.items() if k != "id"})
        grader = await build_grader(wire, context, param=param)
        for place, template in grader.templates.items():
            check_variables(schema, template.variables, f"{param}.{place}")
    except ValidationError as error:
        reason = request_error(error.errors(include_url=False)).message
        return {**kept, SWITCHED_OFF: reason}
    except UnderstudyError as error:
        return {**kept, SWITCHED_OFF: error.message}
    return {**wire.model_dump(exclude_none=True), "id": kept["id"]}


def _known(given: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what another server's import added: whether it can be used is found out here."""
    return {k: v for k, v in given.items() if v is not None and k != SWITCHED_OFF}


def _schema(config: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = config.get("schema")
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if config.get("type") not in ("custom", "logs", "stored_completions"):
        raise _refusal("data_source_config.type", "it is none of custom, logs, stored_completions")
    if not isinstance(properties, Mapping) or not isinstance(properties.get("item"), Mapping):
        raise _refusal("data_source_config.schema", "it describes no object with an 'item'")
    return config["schema"]


def _check_ids(criteria: list[dict[str, Any]]) -> None:
    ids = [criterion["id"] for criterion in criteria]
    for index, id_ in enumerate(ids):
        if id_ in ids[:index]:
            raise _refusal(f"testing_criteria[{index}].id", "another criterion has the same")


def _refusal(param: str, what: str) -> InvalidRequestError:
    return InvalidRequestError(
        worded(
            "evals.wrong_value",
            "Invalid '{param}': {what}.",
            param=param,
            what=what,
        ),
        code="invalid_imported_eval",
        param=param,
    )
