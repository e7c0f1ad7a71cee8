"""What the answers of a file have in common: refusals, and labels when there are only a few."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from understudy.data.examples import ChatExample
from understudy.data.report.line_numbers import Lines, lines_of
from understudy.data.report.texts import answer_text

_MAX_LABELS = 20
# Fewer repetitions are not labels but chance.
_EXAMPLES_PER_LABEL = 3
_MAX_LABEL_CHARACTERS = 80

# How long a refusal may take to come to the point.
_OPENING_CHARACTERS = 160
_REGRET = re.compile(
    r"\s*(?:(?:i'?m|i am) (?:very |so |really )?(?:sorry|afraid)|sorry|unfortunately"
    r"|i apologi[sz]e|as an ai)\b",
    re.IGNORECASE,
)
_DECLINE = (
    r"\b(?:i|we) (?:can ?not|can'?t|am unable to|am not able to|are unable to|won'?t|will not"
    r"|must decline)\b"
)
_DECLINES = re.compile(_DECLINE, re.IGNORECASE)
_DECLINES_AT_ONCE = re.compile(
    rf"\s*{_DECLINE} (?:help|assist|do that|comply|provide|answer|support|discuss|share|write)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Refusals:
    """Answers that decline to do what was asked."""

    lines: Lines
    share: float
    """Of all examples, from 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class Label:
    """One of a few answers that all examples share among them."""

    answer: str
    examples: int
    share: float


def find_refusals(examples: Sequence[ChatExample]) -> Refusals:
    """Find answers that begin as refusals do, in English."""
    lines = lines_of(e.line for e in examples if is_refusal(answer_text(e)))
    return Refusals(lines=lines, share=_share(lines.count, len(examples)))


def label_balance(examples: Sequence[ChatExample]) -> tuple[Label, ...]:
    """Return how often each answer occurs, or nothing unless a few short ones make up the file."""
    counts: Counter[str] = Counter()
    for example in examples:
        answer = answer_text(example).strip()
        if not answer or len(answer) > _MAX_LABEL_CHARACTERS:
            return ()
        counts[answer] += 1
        if len(counts) > _MAX_LABELS:
            return ()
    if len(counts) * _EXAMPLES_PER_LABEL > len(examples):
        return ()
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Label(answer=answer, examples=count, share=_share(count, len(examples)))
        for answer, count in ordered
    )


def is_refusal(answer: str) -> bool:
    """Say whether an answer begins as refusals do, in English."""
    opening = answer[:_OPENING_CHARACTERS].replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    regrets = _REGRET.match(opening) is not None and _DECLINES.search(opening) is not None
    return regrets or _DECLINES_AT_ONCE.match(opening) is not None


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
