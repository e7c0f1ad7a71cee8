"""What may stand in the parameters of a call whose arguments are not written as JSON."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from understudy.chat.messages import Tool
from understudy.chat.parsing.parameters import TEXT_ALONE, allowed_types
from understudy.errors import InvalidRequestError

_OF_TEXT_ONLY = ("pattern", "format", "minLength", "maxLength")
WORDS: Mapping[str, Sequence[bool | None]] = {"boolean": (True, False), "null": (None,)}
"""The values of the JSON types that have few."""

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
    schema: Mapping[str, Any], tool: Tool, *, python_words: Collection[str]
) -> Iterator[Parameter]:
    """Yield the parameters of a tool in the order of its schema.

    `python_words` are those of True, False and None that stand instead of the words of JSON.

    Raises InvalidRequestError for what a strict tool demands of a text and cannot be held to.
    """
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        known = resolved(inner, schema)
        value = _value(known, schema, python_words=python_words)
        if tool.is_strict and isinstance(value, AnyText) and not _is_plain(known):
            raise InvalidRequestError(
                f"Invalid schema for function '{tool.name}': this model writes '{name[:100]}' as "
                "plain text, which can be held to 'enum' and 'const' and to no other rule.",
                code="invalid_function_parameters",
                param="tools",
            )
        yield Parameter(name, name in required, value)


def _value(
    schema: Mapping[str, Any], root: Mapping[str, Any], *, python_words: Collection[str]
) -> AnyText | OneOf | JsonValue:
    types = allowed_types(schema)
    choices = [schema["const"]] if "const" in schema else schema.get("enum")
    if types and types <= WORDS.keys() and not choices:
        choices = [word for name in types for word in WORDS[name]]
    if isinstance(choices, list) and choices:
        values = cast("list[Any]", choices)
        return OneOf(tuple(_written(value, python_words) for value in values))
    if "string" in types:
        return AnyText()
    definitions = {key: root[key] for key in ("$defs", "definitions") if key in root}
    return JsonValue({**schema, **definitions})


def _is_plain(schema: Mapping[str, Any]) -> bool:
    types = allowed_types(schema)
    has_rules = any(keyword in schema for keyword in _OF_TEXT_ONLY)
    return not has_rules and (types == TEXT_ALONE or types <= _TEXT_OR_NULL)


def resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema, or the definition that it refers to; of references, one is followed."""
    known = cast("Mapping[str, Any]", schema) if isinstance(schema, Mapping) else {}
    reference = known.get("$ref")
    if not isinstance(reference, str):
        return known
    place: Any = root
    for step in reference.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(place, Mapping):
            place = cast("Mapping[str, Any]", place).get(key)
        elif isinstance(place, list) and key.isdecimal() and int(key) < len(place):
            place = place[int(key)]
        else:
            place = None
    return cast("Mapping[str, Any]", place) if isinstance(place, Mapping) else known


def _written(value: Any, python_words: Collection[str]) -> str:
    return value if isinstance(value, str) else bare_json(value, python_words)


def bare_json(value: Any, python_words: Collection[str]) -> str:
    """Return a value as JSON, or the word of Python that the template writes for it."""
    is_word = value is None or isinstance(value, bool)
    if is_word and str(value) in python_words:
        return str(value)
    return json.dumps(value, ensure_ascii=False)
