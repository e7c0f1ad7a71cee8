"""Reads arguments that stand as tagged parameters, and writes them on as JSON while they come."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, cast

from understudy.chat.parsing.scanning import overlap, read_steps

_TYPES: Mapping[type, tuple[str, ...]] = {
    type(None): ("null",),
    bool: ("boolean",),
    int: ("integer", "number"),
    float: ("number",),
    str: ("string",),
    list: ("array",),
    dict: ("object",),
}
# Some templates write these words of Python for values that are not text.
_PYTHON_WORDS = {"True": True, "False": False, "None": None}
TEXT_ALONE: frozenset[str] = frozenset(("string",))
ANY_TYPE: frozenset[str] = frozenset(
    ("null", "boolean", "integer", "number", "string", "array", "object")
)


@dataclass(frozen=True, kw_only=True)
class ParameterForm:
    """How one parameter is written: a name and a value, each between two texts.

    Spaces around the names do not count; of a value, those that belong to these texts.
    """

    opening: str
    between: str
    closing: str


class _State(Enum):
    OUTSIDE = auto()
    NAME = auto()
    VALUE = auto()
    DONE = auto()


class ParameterReader:
    """Text of one call's parameters to the JSON text of its arguments.

    A value is text where its schema allows for text only, and otherwise JSON if it reads as such.
    """

    def __init__(self, form: ParameterForm, schema: Mapping[str, Any] | None) -> None:
        self._form = form
        self._properties = _mapping(_mapping(schema).get("properties"))
        self._state = _State.OUTSIDE
        self._types: frozenset[str] = ANY_TYPE
        self._value = ""
        self._count = 0

    @property
    def is_complete(self) -> bool:
        """Whether what follows is no parameter any more."""
        return self._state is _State.DONE

    def read(self, text: str) -> tuple[str, str]:
        """Return what is left of `text`, and the JSON that the rest of it makes."""
        return read_steps(text, self._step, lambda: self._state)

    def _step(self, text: str) -> tuple[str, str]:
        match self._state:
            case _State.OUTSIDE:
                return self._begin(text)
            case _State.NAME:
                return self._read_name(text)
            case _State.VALUE:
                return self._read_value(text)
            case _State.DONE:
                return text, ""

    def _begin(self, text: str) -> tuple[str, str]:
        text = text.lstrip()
        opening = self._form.opening
        if text.startswith(opening):
            self._state = _State.NAME
            return text[len(opening) :], ""
        if opening.startswith(text):
            return text, ""
        self._state = _State.DONE
        return text, "}" if self._count else "{}"

    def _read_name(self, text: str) -> tuple[str, str]:
        name, found, rest = text.partition(self._form.between)
        if not found:
            return text, ""
        self._state = _State.VALUE
        self._types = allowed_types(self._properties.get(name.strip()))
        self._value = ""
        separator = ", " if self._count else "{"
        self._count += 1
        quote = '"' if self._is_text else ""
        return rest, f"{separator}{json.dumps(name.strip(), ensure_ascii=False)}: {quote}"

    def _read_value(self, text: str) -> tuple[str, str]:
        value, found, rest = text.partition(self._form.closing)
        if not found:
            cut = len(text) - overlap(text, (self._form.closing,))
            value, rest = text[:cut], text[cut:]
        if self._is_text:
            written = json.dumps(value, ensure_ascii=False)[1:-1]
        else:
            self._value += value
            written = ""
        if found:
            self._state = _State.OUTSIDE
            written += '"' if self._is_text else as_json(self._value, self._types)
        return rest, written

    @property
    def _is_text(self) -> bool:
        return self._types == TEXT_ALONE


def as_json(text: str, types: frozenset[str]) -> str:
    """Return the JSON of a value that was written bare: as text unless it reads as another type."""
    try:
        value = _PYTHON_WORDS[text] if text in _PYTHON_WORDS else json.loads(text)
        if not isinstance(value, str) and types & set(_TYPES[type(value)]):
            # Python reads NaN and numbers beyond all bounds, which are no JSON.
            written = json.dumps(value, ensure_ascii=False, allow_nan=False)
            # Half of a pair of surrogates is a text to Python, but none that can be sent.
            written.encode()
            return written
    except (ValueError, RecursionError):
        pass
    return json.dumps(text, ensure_ascii=False)


def allowed_types(schema: Any) -> frozenset[str]:
    """Return the JSON types that a schema speaks of, all of them when that is not plain."""
    known = _mapping(schema)
    if "type" in known:
        named = known["type"]
        names = cast("list[Any]", named) if isinstance(named, list) else [named]
        return frozenset(name for name in names if isinstance(name, str))
    if isinstance(known.get("enum"), list) and known["enum"]:
        values = cast("list[Any]", known["enum"])
        return frozenset(_TYPES[type(value)][0] for value in values)
    if "const" in known:
        return frozenset(_TYPES[type(known["const"])][:1])
    if isinstance(known.get("anyOf"), list):
        return frozenset().union(*map(allowed_types, cast("list[Any]", known["anyOf"])))
    return ANY_TYPE


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
