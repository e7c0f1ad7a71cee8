"""Which lines of a file are screened: all, or a sample that is the same for the same file."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from understudy.registry.moderation import ScreeningMode, ScreeningPolicy


@dataclass(frozen=True, kw_only=True)
class ChosenLines:
    """The lines of one file that are screened, numbered from 1."""

    total: int
    """Lines with something on them."""
    wanted: int
    _sample: frozenset[int] | None
    """None for all; the places among the lines with something on them, from 0."""

    def of(self, lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
        """Yield the number and content of each chosen line."""
        place = -1
        for number, line in enumerate(lines, 1):
            if line.isspace() or not line:
                continue
            place += 1
            if self._sample is None or place in self._sample:
                yield number, line


def choose_lines(lines: Iterable[bytes], policy: ScreeningPolicy, *, seed: str) -> ChosenLines:
    """Read a file once to choose; memory grows with the sample alone."""
    total = sum(1 for line in lines if line and not line.isspace())
    if policy.mode is ScreeningMode.ALL or total <= policy.sample:
        return ChosenLines(total=total, wanted=total, _sample=None)
    # Not for secrecy: the same file gives the same sample, so that a result can be compared.
    drawn = random.Random(seed).sample(range(total), policy.sample)
    return ChosenLines(total=total, wanted=policy.sample, _sample=frozenset(drawn))
