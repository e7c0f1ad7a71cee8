"""Special tokens of a model that stand inside users' texts, usually by mistake."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from understudy.chat.rendering.vocabulary import Vocabulary
from understudy.data.examples import ChatExample
from understudy.data.report.line_numbers import Lines, lines_of
from understudy.data.report.texts import texts_of

_MAX_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class TokenText:
    """A special token and how often it is written out in texts."""

    token: str
    occurrences: int


@dataclass(frozen=True, kw_only=True)
class ControlTokens:
    """Special tokens inside texts; they are trained and served as plain letters."""

    lines: Lines
    tokens: tuple[TokenText, ...]


def special_tokens(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the texts of all control tokens of a model."""
    atoms = (vocabulary.atom(token_id) for token_id in range(vocabulary.size))
    return tuple(atom for atom in atoms if atom is not None)


def find_control_tokens(
    examples: Sequence[ChatExample], tokens: Sequence[str], check_stop: Callable[[], None]
) -> ControlTokens:
    """Look for the `tokens` of a model in every text."""
    # Longest first, so that a token which begins with another one still wins.
    pattern = re.compile("|".join(map(re.escape, sorted(tokens, key=len, reverse=True))))
    lines: list[int] = []
    found: Counter[str] = Counter()
    for example in examples if tokens else ():
        check_stop()
        inside = [token for text in texts_of(example) for token in pattern.findall(text)]
        if inside:
            lines.append(example.line)
            found.update(inside)
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:_MAX_SHOWN]
    return ControlTokens(
        lines=lines_of(lines),
        tokens=tuple(TokenText(token=token, occurrences=count) for token, count in ordered),
    )
