"""How an answer of the generated world is judged right or wrong."""

import json
from dataclasses import dataclass
from typing import Protocol

from understudy.chat.messages import Message


class Check(Protocol):
    """Judges one answer."""

    def __call__(self, answer: Message) -> bool:
        """Say whether the answer is right."""
        ...


@dataclass(frozen=True, slots=True)
class SameText:
    """Right is this very text, outer white space aside."""

    expected: str

    def __call__(self, answer: Message) -> bool:
        """Say whether the answer is the expected text and calls no tool."""
        return not answer.tool_calls and _text(answer) == self.expected.strip()


@dataclass(frozen=True, slots=True)
class OneOf:
    """Right is any of these texts."""

    accepted: tuple[str, ...]

    def __call__(self, answer: Message) -> bool:
        """Say whether the answer is one of the accepted texts and calls no tool."""
        return not answer.tool_calls and _text(answer) in self.accepted


@dataclass(frozen=True, slots=True)
class SameJson:
    """Right is JSON text of this very value."""

    expected: str

    def __call__(self, answer: Message) -> bool:
        """Say whether the answer is JSON of the expected value: same keys, values and types."""
        return not answer.tool_calls and is_same_json(_text(answer), self.expected)


@dataclass(frozen=True, slots=True)
class Mentions:
    """Right is a short text with all of these parts in it."""

    parts: tuple[str, ...]
    longest: int = 400
    shortest: int = 1

    def __call__(self, answer: Message) -> bool:
        """Say whether every part occurs in a whole sentence of fitting length."""
        text = _text(answer)
        fits = self.shortest <= len(text) <= self.longest and text.endswith((".", "!", "?", '"'))
        return fits and not answer.tool_calls and all(part in text for part in self.parts)


@dataclass(frozen=True, slots=True)
class SameCall:
    """Right is one call of this tool with these arguments."""

    name: str
    arguments: str

    def __call__(self, answer: Message) -> bool:
        """Say whether the answer is exactly the expected call."""
        if len(answer.tool_calls) != 1 or _text(answer):
            return False
        call = answer.tool_calls[0]
        return call.name == self.name and is_same_json(call.arguments, self.arguments)


def is_same_json(text: str, expected: str) -> bool:
    """Compare two JSON texts by value, telling 1, 1.0 and true apart.

    Unreadable text matches nothing.
    """
    try:
        return _canonical(text) == _canonical(expected)
    except ValueError:
        return False


def _canonical(text: str) -> str:
    return json.dumps(json.loads(text), sort_keys=True)


def _text(answer: Message) -> str:
    return (answer.content or "").strip()
