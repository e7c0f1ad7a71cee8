"""Whether a call is right by BFCL's own check: the function, and an allowed value everywhere."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from understudy.cli.demo.bfcl_rows import BfclRow

# BFCL takes "April 1, 2024" for "april 1 2024".
_NO_DIFFERENCE = re.compile(r"[ ,./\-_*^]")


def is_right_call(row: BfclRow, answer: Mapping[str, Any]) -> bool:
    """Say whether an assistant message is one call of the row's function, and a right one."""
    calls = answer.get("tool_calls") or ()
    if len(calls) != 1 or calls[0]["function"]["name"] != row.name:
        return False
    try:
        arguments = json.loads(calls[0]["function"]["arguments"])
    except ValueError:
        return False
    parameters: Mapping[str, Any] = row.tool["function"]["parameters"]
    return (
        _is_allowed_object(arguments, row.allowed)
        and all(name in arguments for name in parameters["required"])
        and not any(
            isinstance(value, float) and parameters["properties"][name]["type"] == "integer"
            for name, value in arguments.items()
        )
    )


def _is_allowed_object(value: Any, allowed: Mapping[str, Sequence[Any]]) -> bool:
    """Say whether every key has an allowed value, and those that are absent may be."""
    return (
        isinstance(value, dict)
        and value.keys() <= allowed.keys()
        and all(any(_is_same(value[key], right) for right in allowed[key]) for key in value)
        and all(key in value or "" in values for key, values in allowed.items())
    )


def _is_same(value: Any, right: Any) -> bool:
    if isinstance(right, dict):
        return _is_allowed_object(value, right)
    if isinstance(right, list):
        return (
            isinstance(value, list)
            and len(value) == len(right)
            and all(_is_same(*pair) for pair in zip(value, right, strict=True))
        )
    if isinstance(right, str):
        return isinstance(value, str) and _plain(value) == _plain(right)
    # Python takes True for 1.
    return isinstance(value, bool) is isinstance(right, bool) and value == right


def _plain(text: str) -> str:
    return _NO_DIFFERENCE.sub("", text).lower().replace("'", '"')
