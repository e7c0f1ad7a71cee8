"""How good a model's answers are: counts of right ones, with an interval for the true rate."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, NamedTuple

# 95 % of a normal distribution lies within this many standard deviations.
_Z = 1.959964


class Interval(NamedTuple):
    """Bounds of a rate, between 0 and 1."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Rate:
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

    exact: Rate
    """Answers equal to the expected one: the same text and the same calls."""
    calls: Rate | None
    """Among examples that expect a call: the right function was called, whatever its arguments.
    None when no example expects one."""


def score(answers: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]]) -> Score:
    """Compare each answer with the expected message of the same place."""
    pairs = list(zip(answers, expected, strict=True))
    with_calls = [(answer, want) for answer, want in pairs if want.get("tool_calls")]
    return Score(
        exact=Rate(right=sum(is_exact(a, w) for a, w in pairs), total=len(pairs)),
        calls=Rate(
            right=sum(_function_names(a) == _function_names(w) for a, w in with_calls),
            total=len(with_calls),
        )
        if with_calls
        else None,
    )


def is_exact(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    """Say whether two assistant messages mean the same: text as it is, arguments as JSON."""
    return _text(answer) == _text(expected) and _calls(answer) == _calls(expected)


def wilson_interval(rate: Rate) -> Interval:
    """Return where the true rate lies with 95 % confidence, also for very few or extreme counts.

    Source: E. B. Wilson 1927, the score interval without continuity correction.
    """
    if rate.total == 0:
        return Interval(0.0, 1.0)
    n = rate.total
    denominator = 1 + _Z**2 / n
    center = (rate.value + _Z**2 / (2 * n)) / denominator
    spread = _Z * sqrt(rate.value * (1 - rate.value) / n + _Z**2 / (4 * n**2)) / denominator
    return Interval(max(0.0, center - spread), min(1.0, center + spread))


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
