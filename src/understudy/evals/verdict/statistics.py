"""The few formulas behind a verdict: intervals of rates and differences, and tests of pairs."""

from collections.abc import Sequence
from math import ceil, sqrt
from random import Random
from statistics import NormalDist, fmean
from typing import NamedTuple

_NORMAL = NormalDist()
_Z95 = _NORMAL.inv_cdf(0.975)
_MAX_RESAMPLES = 2000
_MIN_RESAMPLES = 400
# About a second of work; the more pairs there are, the less each resample adds.
_MAX_DRAWS = 4_000_000


class Interval(NamedTuple):
    """Where a quantity lies with 95 % confidence."""

    low: float
    high: float


class Flips(NamedTuple):
    """What became of the same items under two models."""

    improved: int
    """Failed before, pass now."""
    regressed: int
    """Passed before, fail now."""
    both: int
    """Pass with both."""
    neither: int
    """Pass with none."""

    @property
    def total(self) -> int:
        """How many items there are."""
        return sum(self)


def wilson_interval(passed: int, total: int) -> Interval:
    """Return where the true rate lies, also for very few or extreme counts.

    Source: E. B. Wilson 1927, the score interval without continuity correction.
    """
    if total == 0:
        return Interval(0.0, 1.0)
    rate = passed / total
    denominator = 1 + _Z95**2 / total
    center = (rate + _Z95**2 / (2 * total)) / denominator
    spread = _Z95 * sqrt(rate * (1 - rate) / total + _Z95**2 / (4 * total**2)) / denominator
    return Interval(max(0.0, center - spread), min(1.0, center + spread))


def mcnemar_p(improved: int, regressed: int) -> float:
    """Return how likely flips at least as one-sided are when neither model is better.

    Exact and two-sided: under that assumption each flip goes either way like a coin.
    Source: McNemar 1947, with the binomial distribution in place of chi-squared.
    """
    flips = improved + regressed
    # Whole numbers until the end: 0.5 ** 2000 would be zero.
    ways, tail = 1, 1
    for k in range(min(improved, regressed)):
        ways = ways * (flips - k) // (k + 1)
        tail += ways
    return min(1.0, 2 * tail / 2**flips)


def difference_interval(flips: Flips) -> Interval:
    """Return where the difference of the two pass rates lies, candidate minus base.

    Source: Bonett and Price 2012, the adjusted Wald interval for paired proportions: one flip is
    added each way, which keeps it honest for few items.
    """
    total = flips.total + 2
    up, down = (flips.improved + 1) / total, (flips.regressed + 1) / total
    spread = _Z95 * sqrt((up + down - (up - down) ** 2) / total)
    return Interval(max(-1.0, up - down - spread), min(1.0, up - down + spread))


def items_needed(flip_rate: float, difference: float, *, power: float = 0.8) -> int:
    """Return how many items would show a difference of pass rates in `power` of all cases.

    `flip_rate` is the share of items on which the models differ; it cannot be smaller than the
    difference itself. Source: Connor 1987, sample size for McNemar's test at a level of 5 %.
    """
    rate, size = max(flip_rate, abs(difference)), abs(difference)
    z_power = _NORMAL.inv_cdf(power)
    root = _Z95 * sqrt(rate) + z_power * sqrt(rate - size**2)
    return ceil((root / size) ** 2)


def bootstrap_interval(differences: Sequence[float], *, seed: int) -> Interval:
    """Return where the mean of paired differences lies; the same seed gives the same answer.

    Source: Efron 1979, the percentile bootstrap: pairs are drawn again with replacement.
    """
    dice = Random(seed)
    count = len(differences)
    resamples = max(_MIN_RESAMPLES, min(_MAX_RESAMPLES, _MAX_DRAWS // count))
    means = sorted(fmean(dice.choices(differences, k=count)) for _ in range(resamples))
    return Interval(means[int(0.025 * resamples)], means[ceil(0.975 * resamples) - 1])
