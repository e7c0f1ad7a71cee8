"""How good a model's answers are: how many of how many are right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.cli.demo.tasks import HeldOutExample
from understudy.evals.verdict.changes import Rate, rate_of


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one model scored on one task's held-out examples."""

    right: Rate
    """Answers that the task takes for right."""
    calls: Rate | None
    """Among examples that expect a call: the right function was called, whatever its arguments.
    None when no example expects one."""


def score(answers: Sequence[Mapping[str, Any]], examples: Sequence[HeldOutExample]) -> Score:
    """Compare each answer with the held-out example of the same place."""
    pairs = list(zip(answers, examples, strict=True))
    named = [(_names(answer), _names(example.expected)) for answer, example in pairs]
    calling = [(called, expected) for called, expected in named if expected]
    return Score(
        right=rate_of(sum(example.is_right(answer) for answer, example in pairs), len(pairs)),
        calls=rate_of(sum(c == e for c, e in calling), len(calling)) if calling else None,
    )


def _names(message: Mapping[str, Any]) -> list[str]:
    return [call["function"]["name"] for call in message.get("tool_calls") or ()]
