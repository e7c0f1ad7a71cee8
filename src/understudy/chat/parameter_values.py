"""What may stand in the parameters of a call whose arguments are not written as JSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from understudy.chat.messages import Tool
from understudy.chat.parameters import TEXT_ALONE, allowed_types
from understudy.errors import InvalidRequestError

_OF_TEXT_ONLY = ("pattern", "format", "minLength", "maxLength")
_WORDS = {"boolean": (True, False), "null": (None,)}
_TEXT_OR_NULL = frozenset(("string", "null"))


@dataclass(frozen=True)
class AnyText:
    """Any text; where its schema allows for null too, the word null is read as that."""


@dataclass(frozen=True)
class OneOf:
    """One of some texts."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class JsonValue:
    """A value that is no text, written as JSON."""

    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Parameter:
    """One parameter that a call may have, or has to."""

    name: str
    is_required: bool
    value: AnyText | OneOf | JsonValue


def parameters_of(
    schema: Mapping[str, Any], tool: Tool, *, has_python_words: bool
) -> Iterator[Parameter]:
    """Yield the parameters of a tool in the order of its schema.

    Raises InvalidRequestError for what a strict tool demands of a text and cannot be held to.
    """
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        known = _resolved(inner, schema)
        value = _value(known, schema, has_python_words=has_python_words)
        if tool.is_strict and isinstance(value, AnyText) and not _is_plain(known):
            raise InvalidRequestError(
                f"Invalid schema for function '{tool.name}': this model writes '{name[:100]}' as "
                "plain text, which can be held to 'enum' and 'const' and to no other rule.",
                code="invalid_function_parameters",
                param="tools",
            )
        yield Parameter(name, name in required, value)


def _value(
    schema: Mapping[str, Any], root: Mapping[str, Any], *, has_python_words: bool
) -> AnyText | OneOf | JsonValue:
    types = allowed_types(schema)
    choices = [schema["const"]] if "const" in schema else schema.get("enum")
    if types and types <= _WORDS.keys() and not choices:
        choices = [word for name in types for word in _WORDS[name]]
    if isinstance(choices, list) and choices:
        values = cast("list[Any]", choices)
        return OneOf(tuple(_written(value, has_python_words) for value in values))
    if "string" in types:
        return AnyText()
    definitions = {key: root[key] for key in ("$defs", "definitions") if key in root}
    return JsonValue({**schema, **definitions})


def _is_plain(schema: Mapping[str, Any]) -> bool:
    types = allowed_types(schema)
    has_rules = any(keyword in schema for keyword in _OF_TEXT_ONLY)
    return not has_rules and (types == TEXT_ALONE or types <= _TEXT_OR_NULL)


def _resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference to a definition, once."""
    known = cast("Mapping[str, Any]", schema) if isinstance(schema, Mapping) else {}
    reference = known.get("$ref")
    if not isinstance(reference, str):
        return known
    place: Any = root
    for step in reference.removeprefix("#/").split("/"):
        place = place.get(step) if isinstance(place, Mapping) else None
    return cast("Mapping[str, Any]", place) if isinstance(place, Mapping) else known


def _written(value: Any, has_python_words: bool) -> str:
    if has_python_words and (value is None or isinstance(value, bool)):
        return str(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
