"""What the data of an eval look like: the schema it shows, and what templates may name in it."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from understudy.errors import InvalidRequestError
from understudy.graders.template import Variable
from understudy.wording import worded

Schema = Mapping[str, Any]

_SAMPLE: Schema = {
    "type": "object",
    "properties": {
        "model": {"type": "string"},
        "choices": {"type": "array", "items": {"type": "object"}},
        "input": {"type": "array", "items": {"type": "object"}},
        "output_text": {"type": "string"},
        "output_json": {},
        "output_tools": {"type": "array", "items": {"type": "object"}},
        "finish_reason": {"type": "string"},
        "usage": {"type": "object"},
    },
    "required": ["output_text"],
}
_LOGGED: Schema = {
    "type": "object",
    "properties": {
        "input": {"type": "array", "items": {"type": "object"}},
        "output": {"type": "string"},
        "model": {"type": "string"},
        "metadata": {"type": "object"},
        "tools": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["input"],
}
# A keyword that may allow more than "properties" says.
_OPEN = frozenset(
    {"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "patternProperties", "not"}
)


def custom_schema(item_schema: Schema, *, has_sample: bool) -> dict[str, Any]:
    """Return the schema of an eval whose owner describes the items."""
    if not has_sample:
        return {"type": "object", "properties": {"item": item_schema}, "required": ["item"]}
    properties = {"item": item_schema, "sample": _SAMPLE}
    return {"type": "object", "properties": properties, "required": ["item", "sample"]}


def logs_schema() -> dict[str, Any]:
    """Return the schema of an eval over stored answers."""
    return custom_schema(_LOGGED, has_sample=True)


def check_variables(schema: Schema, variables: Iterable[Variable], param: str) -> None:
    """Raise InvalidRequestError for a variable that no row can have.

    Where the schema leaves open what there is, so does this check.
    """
    for variable in variables:
        if not _is_declared(schema, (variable.root, *variable.steps)):
            raise InvalidRequestError(
                worded(
                    "evals.variable_not_schema_eval",
                    "Invalid '{param}': the variable '{variable}' is not in the "
                    "schema of this eval's data.{schema}",
                    param=param,
                    variable=str(variable),
                    schema=_hint(schema, variable),
                ),
                code="invalid_variable",
                param=param,
            )


def _is_declared(schema: Any, steps: tuple[str | int, ...]) -> bool:
    for step in steps:
        if not isinstance(schema, Mapping) or _OPEN & set(cast("Schema", schema)):
            return schema is not False
        known = cast("Schema", schema)
        kinds = known.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        # A text on the way may hold JSON, which templates walk into.
        if (not kinds and "properties" not in known) or "string" in kinds:
            return True
        if "array" in kinds and str(step).lstrip("-").isdecimal():
            schema = known.get("items", True)
            continue
        if "object" not in kinds and "properties" not in known:
            return False
        properties: Schema = known.get("properties") or {}
        if str(step) in properties:
            schema = properties[str(step)]
        elif known.get("additionalProperties") or not properties:
            schema = known.get("additionalProperties", True)
        else:
            return False
    return True


def _hint(schema: Schema, variable: Variable) -> str:
    properties: Schema = schema["properties"]
    if variable.root not in properties:
        return (
            " Create the eval with 'include_sample_schema': true when its graders look at the "
            "answers of a model."
        )
    names = list(properties[variable.root].get("properties") or ())
    shown = ", ".join(f"{variable.root}.{name}" for name in names[:10])
    return f" It has {shown}." if shown else ""
