"""How good a model's answers are: how many of how many are right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.evals.report_cards.content import Said, is_exact
from understudy.evals.verdict.changes import Rate, rate_of


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
    pairs = [(_said(a), _said(w)) for a, w in zip(answers, expected, strict=True)]
    named = [(_names(answer), _names(want)) for answer, want in pairs if want.calls]
    return Score(
        exact=rate_of(sum(is_exact(*pair) for pair in pairs), len(pairs)),
        calls=rate_of(sum(a == w for a, w in named), len(named)) if named else None,
    )


def is_right(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    """Say whether two assistant messages mean the same: text as it is, arguments as JSON."""
    return is_exact(_said(answer), _said(expected))


def _said(message: Mapping[str, Any]) -> Said:
    calls = [call["function"] for call in message.get("tool_calls") or ()]
    return Said(
        text=message.get("content") or "",
        calls=tuple((call["name"], call["arguments"]) for call in calls),
    )


def _names(said: Said) -> list[str]:
    return [name for name, _ in said.calls]
