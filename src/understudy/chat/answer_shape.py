"""What an answer has to be: which tools it may or must call, and which form its text has."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


class ToolUse(Enum):
    """Whether an answer calls tools."""

    NEVER = auto()
    MAY = auto()
    MUST = auto()


@dataclass(frozen=True, kw_only=True)
class ToolChoice:
    """Which tools an answer may call, and whether it has to."""

    use: ToolUse
    names: tuple[str, ...] | None
    """Only these of the tools that the model sees may be called; None allows all of them."""
    is_parallel: bool
    """Whether one answer may hold several calls."""


@dataclass(frozen=True, kw_only=True)
class FreeText:
    """Any text."""


@dataclass(frozen=True, kw_only=True)
class JsonObject:
    """Some JSON object."""


@dataclass(frozen=True, kw_only=True)
class JsonSchema:
    """A JSON value that a schema describes."""

    name: str
    schema: Mapping[str, Any]
    is_strict: bool
    """Whether the schema is held to the rules for strict schemas; it is followed either way."""


TextForm = FreeText | JsonObject | JsonSchema
"""The form of an answer's text."""
