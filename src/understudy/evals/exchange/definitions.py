"""An eval of elsewhere as the request that imports it, every field kept or remarked on."""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from understudy.evals.data_schema import custom_schema, logs_schema
from understudy.evals.exchange.documents import Document
from understudy.evals.exchange.problems import Remarks
from understudy.ids import criterion_id
from understudy.schemas.evals.graders import GRADER_TYPES, MultiGrader, SingleGrader, WireGrader

_GRADER: TypeAdapter[SingleGrader | MultiGrader] = TypeAdapter(WireGrader)
_KNOWN = frozenset(
    {
        *("object", "id", "name", "created_at", "metadata"),
        *("data_source_config", "testing_criteria"),
    }
)
_EMPTY: tuple[object, ...] = (None, [], {})


def eval_import(document: Document, source: str, remarks: Remarks) -> dict[str, Any] | None:
    """Return the body that imports an eval; None, with a remark, when nothing of it can be taken.

    Criteria without an id get one, so that the results of runs can be matched to them.
    """
    value = cast("Mapping[str, Any]", document.value)
    config, criteria = value.get("data_source_config"), value.get("testing_criteria")
    if not isinstance(config, Mapping) or not isinstance(criteria, list) or not criteria:
        remarks.leave_out(document.place, "it has no 'data_source_config' or no 'testing_criteria'")
        return None
    schema = _config(cast("Mapping[str, Any]", config))
    if schema is None:
        remarks.leave_out(
            document.place, f"its data_source_config of type '{config.get('type')}' has no schema"
        )
        return None
    read = [
        _criterion(document.part(each, f"testing_criteria[{index}]"), remarks)
        for index, each in enumerate(cast("list[Any]", criteria))
    ]
    name = value.get("name")
    return {
        "imported": origin(document, source, value, _KNOWN),
        "name": name if isinstance(name, str) and name else None,
        "created_at": value.get("created_at"),
        "metadata": text_pairs(document, value.get("metadata"), remarks),
        "data_source_config": schema,
        "testing_criteria": [each for each in read if each is not None],
    }


def origin(
    document: Document, source: str, value: Mapping[str, Any], known: frozenset[str]
) -> dict[str, Any]:
    """Return where an object came from, with the fields that have no place here."""
    return {
        "source": source,
        "file": document.file,
        "id": value.get("id"),
        "fields": {k: v for k, v in value.items() if k not in known and v not in _EMPTY},
    }


def text_pairs(document: Document, metadata: Any, remarks: Remarks) -> dict[str, str]:
    """Return metadata; pairs that are not of texts are remarked on."""
    if not isinstance(metadata, Mapping):
        if metadata is not None:
            remarks.leave_out(f"{document.place}, metadata", "it is no object of texts")
        return {}
    pairs = cast("Mapping[str, Any]", metadata)
    for key, value in pairs.items():
        if not isinstance(value, str):
            remarks.leave_out(f"{document.place}, metadata.{key}", "its value is not a text")
    return {key: value for key, value in pairs.items() if isinstance(value, str)}


def wire_names(value: Any) -> Any:
    """Return a value with the API's `schema` where OpenAI's Python client wrote `schema_`."""
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {
            "schema" if k == "schema_" and "schema" not in fields else k: wire_names(v)
            for k, v in fields.items()
        }
    if isinstance(value, list):
        return [wire_names(each) for each in cast("list[Any]", value)]
    return value


def with_judges(request: MutableMapping[str, Any], judges: Mapping[str, str]) -> set[str]:
    """Replace the models that judge by those at `judges`; returns the names that were replaced."""
    replaced: set[str] = set()
    for grader in _graders(request["testing_criteria"]):
        model = grader.get("model")
        if isinstance(model, str) and model in judges:
            grader["model"] = judges[model]
            replaced.add(model)
    return replaced


def _graders(criteria: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for criterion in criteria:
        yield criterion
        parts = criterion.get("graders")
        if isinstance(parts, dict):
            named = cast("dict[str, Any]", parts)
            parts = [named] if "type" in named else named.values()
            yield from (part for part in parts if isinstance(part, dict))


def _config(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a data source config with its schema, whether an eval shows it or a request has it."""
    config = cast("dict[str, Any]", wire_names(given))
    if isinstance(config.get("schema"), Mapping):
        return config
    if config.get("type") == "custom" and isinstance(config.get("item_schema"), Mapping):
        schema = custom_schema(
            config["item_schema"], has_sample=bool(config.get("include_sample_schema"))
        )
        return {"type": "custom", "schema": schema}
    if config.get("type") in ("logs", "stored_completions"):
        return {**config, "metadata": config.get("metadata") or {}, "schema": logs_schema()}
    return None


def _criterion(document: Document, remarks: Remarks) -> dict[str, Any] | None:
    if not isinstance(document.value, Mapping):
        remarks.leave_out(document.place, "it is no object")
        return None
    given = {k: v for k, v in cast("Mapping[str, Any]", document.value).items() if v is not None}
    given.pop("switched_off", None)
    name = given.get("name") or given.get("type")
    if not isinstance(name, str):
        remarks.leave_out(document.place, "it has neither a name nor a type")
        return None
    criterion = {"id": criterion_id(name), "name": name, **given}
    if criterion.get("type") not in GRADER_TYPES:
        remarks.leave_out(
            document.place,
            f"'{name}' is of the type '{criterion.get('type')}', which is not known here; with "
            "--partial it is kept switched off",
        )
        return criterion
    return _without_unknown_fields(criterion, document, remarks)


def _without_unknown_fields(
    criterion: dict[str, Any], document: Document, remarks: Remarks
) -> dict[str, Any]:
    try:
        _GRADER.validate_python({k: v for k, v in criterion.items() if k != "id"})
    except ValidationError as error:
        problems = error.errors(include_url=False)
        unknown = {p["loc"][0] for p in problems if p["type"] == "extra_forbidden"}
        for field in sorted(unknown & set(criterion), key=str):
            remarks.leave_out(f"{document.place}.{field}", "this field is not known here")
        for problem in problems:
            if problem["type"] != "extra_forbidden":
                place = ".".join(str(step) for step in problem["loc"])
                remarks.leave_out(
                    f"{document.place}.{place}",
                    f"{problem['msg']}; with --partial the criterion is kept switched off",
                )
        return {k: v for k, v in criterion.items() if k not in unknown}
    return criterion
