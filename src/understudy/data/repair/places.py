"""Where in a line a fault is: the characters before it, those of it, and those after it."""

import json
import re
from typing import NamedTuple

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_SPACE = re.compile(r"[ \t\r\n]*")
_CONTEXT = 60
_MAX_MARKED = 120
_decoder = json.JSONDecoder()


class Excerpt(NamedTuple):
    """A piece of a line, with the place of a fault marked."""

    before: str
    marked: str
    after: str


def excerpt(text: str, span: tuple[int, int] | None) -> Excerpt:
    """Show the line around a place; its beginning where the place is unknown."""
    if span is None:
        return Excerpt(_shortened(text, 2 * _CONTEXT), "", "")
    start, end = span
    head = ("…" if start > _CONTEXT else "") + text[max(0, start - _CONTEXT) : start]
    tail = text[end : end + _CONTEXT] + ("…" if end + _CONTEXT < len(text) else "")
    return Excerpt(head, _shortened(text[start:end], _MAX_MARKED), tail)


def syntax_place(text: str) -> tuple[int, int] | None:
    """Return where Python's parser stops; None for what only strict JSON refuses."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        at = min(error.pos, max(len(text) - 1, 0))
        return at, min(at + 1, len(text))
    except (ValueError, RecursionError):
        return None
    found = re.search(r"\b-?(?:NaN|Infinity)\b", text)
    return found.span() if found else None


def field_place(text: str, field: str) -> tuple[int, int] | None:
    """Return where a value such as `messages[1].role` stands.

    Of a missing value, that is the value which should hold it. None where the text is no JSON or
    the field is the whole line.
    """
    if field == "":
        return None
    steps = [name or int(index) for name, index in _STEP.findall(field)]
    try:
        return _walk(text, _skip(text, 0), steps)
    except (ValueError, IndexError, RecursionError):
        return None


def _walk(text: str, at: int, steps: list[str | int]) -> tuple[int, int]:
    end = _end(text, at)
    if not steps:
        return at, end
    step, *rest = steps
    inner = _member(text, at, step) if isinstance(step, str) else _entry(text, at, step)
    return (at, end) if inner is None else _walk(text, inner, rest)


def _member(text: str, at: int, key: str) -> int | None:
    if text[at] != "{":
        return None
    at = _skip(text, at + 1)
    while text[at] == '"':
        name, at = _decoder.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        if name == key:
            return at
        at = _skip(text, _end(text, at))
        if text[at] != ",":
            break
        at = _skip(text, at + 1)
    return None


def _entry(text: str, at: int, index: int) -> int | None:
    if text[at] != "[":
        return None
    at = _skip(text, at + 1)
    for _ in range(index):
        if text[at] == "]":
            return None
        at = _skip(text, _end(text, at))
        if text[at] != ",":
            return None
        at = _skip(text, at + 1)
    return None if text[at] == "]" else at


def _end(text: str, at: int) -> int:
    return _decoder.raw_decode(text, at)[1]


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "…"
