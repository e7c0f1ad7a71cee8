"""The form of a judge's answer: its reasons first, so that the result can follow from them."""

from collections.abc import Mapping
from typing import Any


def reasoning_schema(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an object with steps and then a result."""
    step = {
        "type": "object",
        "properties": {"description": {"type": "string"}, "conclusion": {"type": "string"}},
        "required": ["description", "conclusion"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"steps": {"type": "array", "items": step}, "result": result},
        "required": ["steps", "result"],
        "additionalProperties": False,
    }
