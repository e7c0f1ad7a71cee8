"""Pairs of answers compared: how long each is, and pairs that prefer nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from understudy.data.examples import ChatExample
from understudy.data.report.lengths import Lengths
from understudy.data.report.line_numbers import Lines, lines_of
from understudy.data.report.texts import answer_key
from understudy.data.report.token_counts import CountedFile


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """The two answers of each line of a preference file."""

    preferred: Lengths
    """Tokens of the preferred answers."""
    non_preferred: Lengths
    same_answer: Lines
    """Lines whose two answers are equal, from which nothing can be learned."""
    preferred_longer: Lines
    """A model that sees mostly longer answers preferred learns to write longer ones."""


def compare_answers(
    preferred: Sequence[ChatExample],
    rejected: Sequence[ChatExample],
    preferred_tokens: CountedFile,
    rejected_tokens: CountedFile,
) -> Preferences:
    """Compare the answers line by line."""
    pairs = list(zip(preferred, rejected, strict=True))
    lengths = rejected_tokens.trained_of_line
    longer = (
        line
        for line, tokens in preferred_tokens.trained_of_line.items()
        if line in lengths and tokens > lengths[line]
    )
    return Preferences(
        preferred=preferred_tokens.counts.trained,
        non_preferred=rejected_tokens.counts.trained,
        same_answer=lines_of(a.line for a, b in pairs if answer_key(a) == answer_key(b)),
        preferred_longer=lines_of(longer),
    )
