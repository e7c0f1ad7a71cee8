"""JSON Schemas that answers are held to: whether they can be, and how their JSON is spelled."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from llguidance import LLTokenizer, TokenizerWrapper

from understudy.chat.grammar.compiling import compile_grammar
from understudy.chat.grammar.strict_schemas import SCHEMAS_BY_NAME, root_problem, strictness_problem
from understudy.errors import InvalidRequestError

_MAX_CHARACTERS = 500_000
_KEPT_VERDICTS = 512
# Beside these, other parts of a schema may speak of more properties.
_OPENING = {"additionalProperties", "patternProperties", "allOf", "anyOf", "oneOf", "$ref"}
_SIZES = {f"{end}{of}" for end in ("min", "max") for of in ("Items", "Length", "Properties")}
# These hold values and no schemas: a key in them means nothing.
_VALUES = {"const", "default", "enum", "examples"}
_NO_PARAMETERS: Mapping[str, Any] = {
    "type": "object",
    "properties": {},
    "additionalProperties": False,
}


@dataclass(frozen=True, kw_only=True)
class JsonStyle:
    """What stands between the values of JSON text, as regular expressions.

    Nothing but this may stand there: where any space may, weak models write it for ever.
    """

    item_separator: str
    key_separator: str
    has_escapes: bool
    """Whether letters beyond ASCII may be written as `\\u00e9`, as Python does by itself."""


LOOSE = JsonStyle(item_separator=", ?", key_separator=": ?", has_escapes=True)
"""Compact, or with the spaces that Python and most templates write."""


def json_rule(schema: Mapping[str, Any], style: JsonStyle, *, is_strict: bool) -> str:
    """Return what stands for a schema's values in a grammar.

    Of a schema that is not strict, keywords that cannot be followed are passed over, and of the
    values it allows, those are left out that have properties which it does not name: weak models
    would keep inventing some.
    """
    followed = schema if is_strict else _closed(schema)
    guidance = {
        "whitespace_flexible": False,
        "item_separator": style.item_separator,
        "key_separator": style.key_separator,
        "json_allow_general_unicode_escapes": style.has_escapes,
        "lenient": not is_strict,
    }
    followed = cast("Mapping[str, Any]", _with_whole_sizes(followed))
    return f"%json {json.dumps({**followed, 'x-guidance': guidance})}"


def parameters_schema(parameters: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the schema of a function's arguments, which are an object in any case."""
    return _NO_PARAMETERS if parameters is None else {"type": "object", **parameters}


def schema_problem(schema: Mapping[str, Any], *, is_strict: bool) -> str | None:
    """Return why answers cannot be held to a schema, or None."""
    if is_strict and (problem := strictness_problem(schema)) is not None:
        return problem
    try:
        return compiling_problem(json.dumps(schema), is_strict=is_strict)
    except RecursionError:
        return "it is nested too deeply."


def parameters_problem(parameters: Mapping[str, Any] | None, *, is_strict: bool) -> str | None:
    """Return why arguments cannot be held to a function's schema, or None."""
    schema = parameters_schema(parameters)
    if schema["type"] != "object":
        return root_problem(schema)
    return schema_problem(schema, is_strict=is_strict)


def _closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema without room for properties that no part of it speaks of."""
    closed = {key: _closed_part(key, value) for key, value in schema.items()}
    if closed.get("properties") and not _OPENING & closed.keys():
        closed["additionalProperties"] = False
    return closed


def _closed_part(key: str, value: Any) -> Any:
    if key in SCHEMAS_BY_NAME and isinstance(value, Mapping):
        named = cast("Mapping[str, Any]", value)
        return {name: _closed_value(inner) for name, inner in named.items()}
    return _closed_value(value) if key in ("items", "anyOf") else value


def _closed_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_closed_value(inner) for inner in cast("list[Any]", value)]
    return _closed(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else value


def _with_whole_sizes(schema: Any) -> Any:
    """Return a schema in which 5.0 items are 5, as data frames write whole numbers."""
    if isinstance(schema, list):
        return [_with_whole_sizes(inner) for inner in cast("list[Any]", schema)]
    if not isinstance(schema, Mapping):
        return schema
    changed: dict[str, Any] = {}
    for key, value in cast("Mapping[str, Any]", schema).items():
        if key in _SIZES and isinstance(value, float) and value.is_integer():
            changed[key] = int(value)
        else:
            changed[key] = value if key in _VALUES else _with_whole_sizes(value)
    return changed


@lru_cache(maxsize=_KEPT_VERDICTS)
def compiling_problem(schema: str, *, is_strict: bool) -> str | None:
    """Return why a grammar cannot follow a schema, given as JSON text, or None."""
    if len(schema) > _MAX_CHARACTERS:
        return f"it has {len(schema)} characters, and at most {_MAX_CHARACTERS} are followed."
    try:
        rule = json_rule(json.loads(schema), LOOSE, is_strict=is_strict)
        compile_grammar(_bytes_tokenizer(), f"start: {rule}")
    except InvalidRequestError as error:
        return error.message.partition(": ")[2]
    return None


class _Bytes:
    """The smallest vocabulary that can write everything.

    Which schemas can be followed is the same with every other.
    """

    tokens = (*(bytes([byte]) for byte in range(256)), b"<|end|>")
    eos_token_id = 256
    bos_token_id = None
    special_token_ids = (256,)

    def __call__(self, text: str) -> list[int]:
        return list(text.encode())


@lru_cache(maxsize=1)
def _bytes_tokenizer() -> LLTokenizer:
    return LLTokenizer(TokenizerWrapper(_Bytes()))
