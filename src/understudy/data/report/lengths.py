"""How long the examples of a file are: a few statistics and a small histogram."""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_MAX_BUCKETS = 10
_PERCENTILE = 0.95


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """Examples of about one length."""

    at_least: int
    below: int
    examples: int


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """Token counts of the examples; all numbers are 0 when there are none."""

    total: int
    min: int
    mean: float
    median: float
    p95: int
    """The smallest count that 95 % of the examples do not exceed."""
    max: int
    histogram: tuple[Bucket, ...]


def lengths_of(counts: Sequence[int]) -> Lengths:
    """Summarise one count for each example."""
    if not counts:
        return Lengths(total=0, min=0, mean=0.0, median=0.0, p95=0, max=0, histogram=())
    ordered = sorted(counts)
    return Lengths(
        total=sum(ordered),
        min=ordered[0],
        mean=round(statistics.fmean(ordered), 2),
        median=float(statistics.median(ordered)),
        p95=ordered[math.ceil(_PERCENTILE * len(ordered)) - 1],
        max=ordered[-1],
        histogram=_histogram(ordered),
    )


def _histogram(ordered: Sequence[int]) -> tuple[Bucket, ...]:
    """Cut the range into buckets of one round width, empty ones included."""
    width = _round_width(ordered[-1] - ordered[0] + 1)
    found = Counter(count // width for count in ordered)
    return tuple(
        Bucket(at_least=at * width, below=(at + 1) * width, examples=found[at])
        for at in range(ordered[0] // width, ordered[-1] // width + 1)
    )


def _round_width(spread: int) -> int:
    # One bucket less than allowed, because the first may begin before the shortest example.
    power = 1
    while True:
        for step in (1, 2, 5):
            if power * step * (_MAX_BUCKETS - 1) >= spread:
                return power * step
        power *= 10
