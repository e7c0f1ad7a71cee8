"""Strict JSON: objects only, with none of the liberties that Python's own parser takes."""

import json
import math
from typing import Any, cast

from pydantic_core import from_json

from understudy.wording import worded

_MAX_LEVELS = 200
"""As many as the strict parser follows."""


class NotAnObjectError(ValueError):
    """The text is strict JSON, but no object."""


class LaxJsonError(ValueError):
    """Python's own parser would take it, and JSON does not have it."""


def parse_object(text: bytes) -> dict[str, Any]:
    """Return the JSON object that `text` holds; raise ValueError saying what is wrong otherwise.

    Refused besides broken syntax: NaN and infinities, numbers out of range, lone surrogates,
    bytes that are not UTF-8, a value inside of more than 200 others, and a key given twice.
    """
    if _is_plain(text):
        try:
            decoded = text.decode()
            value, end = _decoder.raw_decode(decoded)
        except LaxJsonError:
            raise
        except (ValueError, RecursionError):
            pass  # The strict parser below says what is wrong, and where.
        else:
            if isinstance(value, dict) and not decoded[end:].strip(" \t\r\n"):
                return cast("dict[str, Any]", value)
    if not isinstance(parse_value(text), dict):
        raise NotAnObjectError(worded("json.no_object", "it is not a JSON object"))
    # A second pass, because the strict parser silently keeps the last of two equal keys.
    return cast("dict[str, Any]", _decoder.decode(text.decode()))


def parse_value(text: bytes) -> Any:
    """Return the JSON value that `text` holds; raise ValueError for what is not strictly JSON."""
    return from_json(text, allow_inf_nan=False, cache_strings="none")


def _is_plain(text: bytes) -> bool:
    """Say whether the text holds nothing in which Python's parser is laxer than the strict one.

    That is halves of surrogate pairs, which are written as escapes, and deep nesting. What else
    Python would let through, the hooks of the decoder refuse.
    """
    if b"\\u" in text and (b"\\ud" in text or b"\\uD" in text):
        return False
    # Every level takes two characters at least.
    return len(text) <= 2 * _MAX_LEVELS or text.count(b"{") + text.count(b"[") <= _MAX_LEVELS


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    names: set[str] = set()
    for name, _ in pairs:
        if name in names:
            raise LaxJsonError(
                worded("json.twice", 'the key "{key}" is given twice', key=name[:64])
            )
        names.add(name)
    return result


def _no_constant(name: str) -> None:
    raise LaxJsonError(
        worded("json.no_constant", "{name} is not JSON; write null or leave the key out", name=name)
    )


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise LaxJsonError(
            worded("json.out_of_range", "the number {number} is out of range", number=text[:32])
        )
    return number


_decoder = json.JSONDecoder(
    object_pairs_hook=_unique_pairs, parse_float=_finite, parse_constant=_no_constant
)
