"""Whether a JSON value breaks a JSON Schema, judged only where that is certain and cheap.

Schemas are the user's: patterns, which can be written to take for ever, references to other
documents and keywords that are not known here are not judged, so a value passes in doubt.

Not jsonschema-rs: it fetches references, files of this machine among them, unless each validator
is stopped from it; refuses a whole schema for one wrong keyword; and knows no bound on its steps:
26 definitions of which each names the next one twice hold all threads for seconds.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard, cast

_MAX_STEPS = 50_000
_MAX_DEPTH = 100
_MAX_NAME = 64

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and value == int(value),
    "number": lambda value: _is_number(value),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_NUMBER_LIMITS: Mapping[str, Callable[[float, float], bool]] = {
    "minimum": lambda value, limit: value < limit,
    "maximum": lambda value, limit: value > limit,
    "exclusiveMinimum": lambda value, limit: value <= limit,
    "exclusiveMaximum": lambda value, limit: value >= limit,
}
_SIZE_LIMITS: Mapping[str, tuple[type, Callable[[int, float], bool]]] = {
    "minLength": (str, lambda size, limit: size < limit),
    "maxLength": (str, lambda size, limit: size > limit),
    "minItems": (list, lambda size, limit: size < limit),
    "maxItems": (list, lambda size, limit: size > limit),
    "minProperties": (dict, lambda size, limit: size < limit),
    "maxProperties": (dict, lambda size, limit: size > limit),
}


def first_violation(schema: Mapping[str, Any], value: Any) -> str | None:
    """Return where and how `value` breaks `schema`, or None."""
    return _Judgement(schema).violation(schema, value, "", depth=0)


class _Judgement:
    """The document that references point into, and how many steps are left."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._steps_left = _MAX_STEPS

    def violation(self, schema: Any, value: Any, path: str, *, depth: int) -> str | None:
        self._steps_left -= 1
        name = path.removeprefix(".") or "the value"
        if schema is False:
            return f"{name} is not allowed"
        if not isinstance(schema, Mapping) or self._steps_left < 0 or depth > _MAX_DEPTH:
            return None
        known = cast("Mapping[str, Any]", schema)
        self._steps_left -= len(_list(known.get("enum"))) + len(_list(known.get("required")))
        for complaint in _complaints(known, value):
            return f"{name} {complaint}"
        for part, inner, inner_path in self._parts(known, value, path):
            found = self.violation(part, inner, inner_path, depth=depth + 1)
            if found is not None:
                return found
        for choices in (_list(known.get("anyOf")), _list(known.get("oneOf"))):
            verdicts = [self.violation(c, value, path, depth=depth + 1) for c in choices]
            if verdicts and None not in verdicts:
                return f"{name} matches none of the {len(verdicts)} allowed forms"
        return None

    def _parts(
        self, schema: Mapping[str, Any], value: Any, path: str
    ) -> Iterator[tuple[Any, Any, str]]:
        """Yield every schema that applies too, with the value it applies to and its path."""
        if isinstance(schema.get("$ref"), str):
            yield self._referred(schema["$ref"]), value, path
        for part in _list(schema.get("allOf")):
            yield part, value, path
        if isinstance(value, list) and "prefixItems" not in schema:
            for index, item in enumerate(cast("list[Any]", value)):
                yield schema.get("items"), item, f"{path}[{index}]"
        if isinstance(value, dict):
            properties = _object(schema.get("properties"))
            rest = None if "patternProperties" in schema else schema.get("additionalProperties")
            for key, item in cast("dict[str, Any]", value).items():
                yield properties.get(key, rest), item, f"{path}.{key[:_MAX_NAME]}"

    def _referred(self, reference: str) -> Any:
        place: Any = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            place = _object(place).get(step.replace("~1", "/").replace("~0", "~"))
        return place if reference.startswith("#") else None


def _complaints(schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    """Yield what the schema's own keywords find wrong with the value itself."""
    wanted = schema.get("type")
    types = [wanted] if isinstance(wanted, str) else _list(wanted)
    checks = [_TYPES[name] for name in types if isinstance(name, str) and name in _TYPES]
    # A type that is not known here may be the one that fits.
    if types and len(checks) == len(types) and not any(check(value) for check in checks):
        yield f"must be of type {' or '.join(types)}"
    allowed = _list(schema.get("enum"))
    if allowed and not any(_is_same(value, choice) for choice in allowed):
        yield f"must be one of {json.dumps(allowed, ensure_ascii=False)[:200]}"
    if "const" in schema and not _is_same(value, schema["const"]):
        yield f"must be {json.dumps(schema['const'], ensure_ascii=False)[:200]}"
    for key in _list(schema.get("required")):
        if isinstance(value, dict) and isinstance(key, str) and key not in value:
            yield f"lacks the required {json.dumps(key[:_MAX_NAME], ensure_ascii=False)}"
    yield from _limits_broken(schema, value)


def _limits_broken(schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    for keyword, is_beyond in _NUMBER_LIMITS.items():
        limit = schema.get(keyword)
        if _is_number(limit) and _is_number(value) and is_beyond(value, limit):
            yield f"breaks {keyword} {limit}"
    for keyword, (kind, is_out) in _SIZE_LIMITS.items():
        limit = schema.get(keyword)
        if _is_number(limit) and isinstance(value, kind) and is_out(_size(value), limit):
            yield f"breaks {keyword} {limit}"


def _size(value: Any) -> int:
    return len(value)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_same(one: Any, other: Any) -> bool:
    """Equality of JSON: 1 is 1.0, but true is not 1; inside of lists and objects they pass."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
