"""How good a model's answers are: how many of how many are right."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many of how many were right."""

    right: int
    total: int

    @property
    def value(self) -> float:
        """The share that was right, between 0 and 1."""
        return self.right / self.total if self.total else 0.0


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one model scored on one held-out file."""

    exact: Share
    """Answers equal to the expected one: the same text and the same calls."""
    calls: Share | None
    """Among examples that expect a call: the right function was called, whatever its arguments.
    None when no example expects one."""


def score(answers: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]]) -> Score:
    """Compare each answer with the expected message of the same place."""
    pairs = list(zip(answers, expected, strict=True))
    with_calls = [(answer, want) for answer, want in pairs if want.get("tool_calls")]
    return Score(
        exact=Share(right=sum(is_exact(a, w) for a, w in pairs), total=len(pairs)),
        calls=Share(
            right=sum(_function_names(a) == _function_names(w) for a, w in with_calls),
            total=len(with_calls),
        )
        if with_calls
        else None,
    )


def is_exact(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    """Say whether two assistant messages mean the same: text as it is, arguments as JSON."""
    return _text(answer) == _text(expected) and _calls(answer) == _calls(expected)


def _text(message: Mapping[str, Any]) -> str:
    return (message.get("content") or "").strip()


def _calls(message: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(call["name"], _arguments(call["arguments"])) for call in _functions(message)]


def _function_names(message: Mapping[str, Any]) -> list[str]:
    return [call["name"] for call in _functions(message)]


def _functions(message: Mapping[str, Any]) -> list[dict[str, str]]:
    calls: list[dict[str, Any]] = message.get("tool_calls") or []
    return [call["function"] for call in calls]


def _arguments(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
