"""OpenAI's rules for strict schemas: what a schema must say so that answers can be held to it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

_MAX_DEPTH = 100
_ENFORCED = {
    *("type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"),
    *("properties", "required", "additionalProperties"),
    *("items", "prefixItems", "minItems", "maxItems"),
    *("pattern", "format", "minLength", "maxLength"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_EXPLAINING = {
    *("$schema", "$id", "$defs", "definitions", "$comment", "title", "description", "default"),
    *("examples", "deprecated", "readOnly", "writeOnly"),
}
_ONE_SCHEMA = ("items", "additionalProperties")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SCHEMAS_BY_NAME = ("properties", "$defs", "definitions")
"""Keywords whose values are schemas by their names."""
_Path = tuple[str, ...]


def root_problem(schema: Mapping[str, Any]) -> str | None:
    """Return why a schema does not describe an object, which OpenAI wants of all but loose ones."""
    kind = schema.get("type")
    if kind == "object" and "anyOf" not in schema:
        return None
    got = json.dumps("None" if kind is None else kind, ensure_ascii=False)[:100]
    return f"""schema must be a JSON Schema of 'type: "object"', got 'type: {got}'."""


def strictness_problem(schema: Mapping[str, Any]) -> str | None:
    """Return the first thing in a schema that strict schemas may not have, or None."""
    return root_problem(schema) or next(_problems(schema, ()), None)


def _problems(schema: Any, path: _Path) -> Iterator[str]:
    if len(path) > _MAX_DEPTH:
        yield f"the schema is nested more than {_MAX_DEPTH} levels deep."
        return
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        yield f"{_context(path)} a schema must be an object."
        return
    known = cast("Mapping[str, Any]", schema)
    for keyword in known:
        if keyword not in _ENFORCED and keyword not in _EXPLAINING:
            yield f"{_context(path)} '{keyword[:100]}' is not permitted."
    if _describes_object(known):
        yield from _object_problems(known, path)
    for inner_path, inner in _parts(known, path):
        yield from _problems(inner, inner_path)


def _describes_object(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    return (
        kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema
    )


def _object_problems(schema: Mapping[str, Any], path: _Path) -> Iterator[str]:
    if schema.get("additionalProperties") is not False:
        yield (
            f"{_context(path)} 'additionalProperties' is required to be supplied and to be false."
        )
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, Mapping) or not isinstance(required, list):
        yield f"{_context(path)} 'properties' must be an object and 'required' an array."
        return
    names = cast("Mapping[str, Any]", properties)
    demanded = cast("list[Any]", required)
    rule = (
        f"{_context(path)} 'required' is required to be supplied and to be an array including "
        "every key in properties."
    )
    for name in names:
        if name not in demanded:
            yield f"{rule} Missing '{name[:100]}'."
    for name in demanded:
        if name not in names:
            yield f"{rule} Extra required key '{str(name)[:100]}' supplied."


def _parts(schema: Mapping[str, Any], path: _Path) -> Iterator[tuple[_Path, Any]]:
    for keyword in _ONE_SCHEMA:
        if keyword in schema:
            yield (*path, keyword), schema[keyword]
    for keyword in _LISTS:
        if isinstance(schema.get(keyword), list):
            for index, inner in enumerate(schema[keyword]):
                yield (*path, keyword, str(index)), inner
    for keyword in SCHEMAS_BY_NAME:
        if isinstance(schema.get(keyword), Mapping):
            for name, inner in schema[keyword].items():
                yield (*path, keyword, name), inner


def _context(path: _Path) -> str:
    return f"In context={path},"[:300]
