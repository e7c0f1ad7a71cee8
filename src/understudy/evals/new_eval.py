"""Validated request to create an eval, defaults applied."""

from collections.abc import Mapping, Sequence
from typing import Any

from understudy.errors import InvalidRequestError
from understudy.evals.data_schema import check_variables, custom_schema, logs_schema
from understudy.graders.build import GraderContext, build_grader
from understudy.ids import criterion_id, new_id, unix_now
from understudy.schemas.evals.evals import CreateEval, CustomDataSource, DataSourceConfig
from understudy.schemas.evals.graders import MultiGrader, SingleGrader
from understudy.storage.tables.evals import EvalRow
from understudy.wording import worded

_UNNAMED = "Unnamed eval"


async def new_eval(body: CreateEval, project_id: str, context: GraderContext) -> EvalRow:
    """Return the eval that `body` asks for.

    Raises an UnderstudyError with the path of what is wrong: a schema that describes no object,
    two criteria of one name, a grader that cannot be built, a variable that the data do not have.
    """
    config = _config(body.data_source_config)
    _check_names(body.testing_criteria)
    for index, given in enumerate(body.testing_criteria):
        param = f"testing_criteria[{index}]"
        grader = await build_grader(given, context, param=param)
        for place, template in grader.templates.items():
            check_variables(config["schema"], template.variables, f"{param}.{place}")
    now = unix_now()
    return EvalRow(
        id=new_id("eval_"),
        project_id=project_id,
        name=body.name or _UNNAMED,
        created_at=now,
        updated_at=now,
        pairs=body.metadata or {},
        data_source_config=config,
        testing_criteria=[
            {**given.model_dump(exclude_none=True), "id": criterion_id(given.name)}
            for given in body.testing_criteria
        ],
    )


def _config(given: DataSourceConfig) -> dict[str, Any]:
    if isinstance(given, CustomDataSource):
        _check_describes_object(given.item_schema)
        has_sample = bool(given.include_sample_schema)
        return {
            "type": "custom",
            "schema": custom_schema(given.item_schema, has_sample=has_sample),
        }
    return {"type": given.type, "metadata": given.metadata or {}, "schema": logs_schema()}


def _check_describes_object(schema: Mapping[str, Any]) -> None:
    param = "data_source_config.item_schema"
    if schema.get("type", "object") != "object":
        raise InvalidRequestError(
            worded(
                "evals.items_objects_so_schema",
                "Invalid '{param}': items are objects, so the schema's 'type' has to be 'object'.",
                param=param,
            ),
            code="invalid_value",
            param=f"{param}.type",
        )
    properties = schema.get("properties", {})
    if not isinstance(properties, Mapping):
        raise InvalidRequestError(
            worded(
                "evals.properties_expected_object_schemas",
                "Invalid '{param}.properties': expected an object of schemas by their names.",
                param=param,
            ),
            code="invalid_value",
            param=f"{param}.properties",
        )


def _check_names(criteria: Sequence[SingleGrader | MultiGrader]) -> None:
    names: set[str] = set()
    for index, given in enumerate(criteria):
        if given.name in names:
            raise InvalidRequestError(
                worded(
                    "evals.testing_criteria_name_there",
                    "Invalid 'testing_criteria[{index}].name': there are two "
                    "criteria of the name '{name}'; results are reported by it, so "
                    "give each its own.",
                    index=index,
                    name=given.name,
                ),
                code="duplicate_name",
                param=f"testing_criteria[{index}].name",
            )
        names.add(given.name)
