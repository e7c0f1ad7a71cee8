"""Strict JSON: objects only, with none of the liberties that Python's own parser takes."""

import json
import math
from typing import Any

from pydantic_core import from_json


def parse_object(text: bytes) -> dict[str, Any]:
    """Return the JSON object that `text` holds; raise ValueError saying what is wrong otherwise.

    Refused besides broken syntax: NaN and infinities, numbers out of range, lone surrogates,
    bytes that are not UTF-8, more than 200 levels, and a key given twice.
    """
    value = parse_value(text)
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    # A second pass, because the strict parser silently keeps the last of two equal keys.
    return json.loads(text, object_pairs_hook=_unique_pairs, parse_float=_finite)


def parse_value(text: bytes) -> Any:
    """Return the JSON value that `text` holds; raise ValueError for what is not strictly JSON."""
    return from_json(text, allow_inf_nan=False, cache_strings="none")


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise ValueError(f'the key "{name[:64]}" is given twice')
        result[name] = value
    return result


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:32]} is out of range")
    return number
