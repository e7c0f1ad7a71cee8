"""The few formulas behind a verdict: intervals of rates, and tests of paired differences."""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from understudy.evals.verdict.distributions import Numbers, t_p_value, t_quantile

LEVEL = 0.05
"""How often a test may see a difference where there is none."""

_Z95 = NormalDist().inv_cdf(0.975)
# Up to so many units whose differences are of several sizes, the exact test is worked out.
_MAX_EXACT = 100
# Differences are counted in steps of the largest one: exact for up to ten repeats.
_STEPS = 2520


class Interval(NamedTuple):
    """Where a quantity lies with 95 % confidence."""

    low: float
    high: float


class Flips(NamedTuple):
    """What became of the same items under two models."""

    improved: int
    """Pass more often now; without repeats: failed before, pass now."""
    regressed: int
    """Pass less often now."""
    both: int
    """Pass with both."""
    neither: int
    """Pass with none."""

    @property
    def total(self) -> int:
        """How many items there are."""
        return sum(self)


class Unit(NamedTuple):
    """What is independent of everything else: an item, or a cluster of items."""

    difference: float
    """Candidate minus base, added up over its items."""
    items: int


class Difference(NamedTuple):
    """The mean difference of paired units, with its interval and its test, which agree."""

    mean: float
    interval: Interval | None
    """None when nothing says how far the truth may be."""
    p_value: float
    attainable: float
    """The smallest p-value that so many differences could have given."""
    variance: float
    """Of one unit of average size, for planning."""


def wilson_interval(passed: float, total: float) -> Interval:
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


def rate_interval(units: Sequence[Unit]) -> Interval:
    """Return where a rate lies; `difference` is here how many items of the unit pass.

    Wilson's interval for as many independent items as the clusters are worth.
    """
    passed, items = np.array([u.difference for u in units]), np.array([u.items for u in units])
    total, count = float(items.sum()), len(units)
    if count == 0 or total == count:
        return wilson_interval(float(passed.sum()), total)
    rate = float(passed.sum()) / total
    residuals = passed - rate * items
    variance = count / (count - 1) * float((residuals**2).sum()) / total**2 if count > 1 else 0.0
    worth = min(total, rate * (1 - rate) / variance) if variance > 0 else float(count)
    return wilson_interval(rate * worth, worth)


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


def paired_difference(units: Sequence[Unit], scale: float) -> Difference:
    """Return the mean difference of an item, where it lies, and how likely chance alone gives it.

    `scale` is the largest difference that an item can have. The interval is Student's t over
    units, with one unit of the usual size of a difference added each way, which keeps it honest
    for few items and for differences that are all alike or all 0. The p-value is the larger one
    of the same t and of the exact test by signs; when all differences are of one size, that is
    McNemar's. Where the test cannot exclude 0, neither does the interval.
    Sources: Bonett and Price 2012, the added units; Liang and Zeger 1986, the error of clusters;
    Fisher 1935, the test by signs.
    """
    sums, items = np.array([u.difference for u in units]), np.array([u.items for u in units])
    if len(units) == 0:
        return Difference(0.0, None, 1.0, 1.0, 0.0)
    mean = float(sums.sum() / items.sum())
    changed = sums[np.abs(sums) > 1e-12 * max(scale, 1.0)]
    attainable = min(1.0, 2.0 ** (1 - len(changed))) if len(changed) < 60 else 0.0
    if scale == 0:
        return Difference(mean, None, 1.0, 1.0, 0.0)
    size = float(items.mean())
    usual = float(np.sqrt((changed**2).mean())) if len(changed) else scale * size
    center, variance = _clustered_mean(
        np.append(sums, (usual, -usual)), np.append(items, (size, size))
    )
    error, degrees = sqrt(variance), len(units) + 1
    half = t_quantile(LEVEL, degrees) * error
    p_value = _p_value(changed, center / error, degrees)
    low, high = max(-scale, center - half), min(scale, center + half)
    if p_value >= LEVEL:
        low, high = min(low, 0.0), max(high, 0.0)
    return Difference(mean, Interval(low, high), p_value, attainable, variance * (degrees + 1))


def _clustered_mean(sums: Numbers, items: Numbers) -> tuple[float, float]:
    """Return the mean of an item and the variance of that mean, items being alike in a unit."""
    count, total = len(sums), float(items.sum())
    mean = float(sums.sum()) / total
    residuals = sums - mean * items
    return mean, count / (count - 1) * float((residuals**2).sum()) / total**2


def _p_value(changed: Numbers, t: float, degrees: int) -> float:
    sizes = np.abs(changed)
    if len(changed) == 0:
        return 1.0
    if np.allclose(sizes, sizes[0], rtol=1e-9):
        return mcnemar_p(int((changed > 0).sum()), int((changed < 0).sum()))
    by_t = t_p_value(t, degrees)
    return by_t if len(changed) > _MAX_EXACT else max(by_t, _signs_p(changed))


def _signs_p(changed: Numbers) -> float:
    """Return how likely a sum at least as far from 0 is when every sign is a coin's."""
    steps = np.rint(np.abs(changed) / np.abs(changed).max() * _STEPS).astype(int)
    total = int(steps.sum())
    reached = abs(int((np.sign(changed) * steps).sum()))
    # The chance of each sum of those that come out positive.
    chances = np.zeros(total + 1)
    chances[0] = 1.0
    for step in steps[steps > 0]:
        moved = np.zeros_like(chances)
        moved[step:] = chances[: total + 1 - step]
        chances = (chances + moved) / 2
    sums = 2 * np.arange(total + 1) - total
    return float(min(1.0, chances[np.abs(sums) >= reached].sum()))
