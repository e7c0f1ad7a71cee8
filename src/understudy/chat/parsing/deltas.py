"""What an answer consists of while it is made: more text, more of a tool call, more reasoning."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TextDelta:
    """More of the answer's text."""

    text: str


@dataclass(frozen=True)
class ReasoningDelta:
    """More of what the model thinks before it answers; no part of the answer."""

    text: str


@dataclass(frozen=True)
class ToolCallDelta:
    """More of one tool call: first its id and name, then fragments of the arguments' JSON text."""

    index: int
    id: str | None
    name: str | None
    arguments: str


@dataclass(frozen=True)
class RefusalDelta:
    """More of the words in which a remote model declines; models of this server write text."""

    text: str


VisibleDelta = TextDelta | RefusalDelta | ToolCallDelta
"""What a client gets to see."""
Delta = VisibleDelta | ReasoningDelta
