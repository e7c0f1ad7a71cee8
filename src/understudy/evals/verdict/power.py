"""How many items would show a difference: planned for the very test that decides."""

from functools import lru_cache
from math import ceil, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from understudy.evals.verdict.distributions import Numbers, binomial_cdf
from understudy.evals.verdict.statistics import LEVEL

POWER = 0.8
"""How often so many items are to show the difference."""

_NORMAL = NormalDist()
_MAX_FLIPS = 4000
# The power of an exact test goes up and down a little as items are added.
_TEETH, _SMOOTH = 12, 40


class Plan(NamedTuple):
    """What would settle a comparison."""

    items: int
    difference: float
    """Which so many items would show."""


def items_needed(flip_rate: float, difference: float, *, level: float = LEVEL) -> int:
    """Return how many items would show a difference of pass rates by the exact McNemar test.

    `flip_rate` is the share of items on which the models differ; it cannot be smaller than the
    difference itself. As many as always suffice for the power: fewer would do sometimes.
    """
    rate, size = max(flip_rate, abs(difference)), abs(difference)
    by_formula = _connor(rate, size, level)
    if by_formula * rate > _MAX_FLIPS / 2:
        return ceil(by_formula)

    def is_enough(items: int) -> bool:
        return mcnemar_power(items, rate, size, level) >= POWER

    low, high = 1, ceil(by_formula)
    while not is_enough(high):
        low, high = high, high + ceil(high / 4)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    teeth = _TEETH if high * rate < _SMOOTH else 1
    while short := [n for n in range(high + 1, high + teeth) if not is_enough(n)]:
        high = short[-1] + 1
    return high


def units_needed(variance: float, difference: float, *, level: float = LEVEL) -> int:
    """Return how many units of such a variance would show a mean difference by Student's t.

    Source: Guenther 1981, the normal formula with what the estimated variance costs.
    """
    z_level = _NORMAL.inv_cdf(1 - level / 2)
    z_sum = z_level + _NORMAL.inv_cdf(POWER)
    return ceil(variance * (z_sum / difference) ** 2 + z_level**2 / 2)


def mcnemar_power(items: int, flip_rate: float, difference: float, level: float = LEVEL) -> float:
    """Return how often the exact McNemar test shows a difference with so many items."""
    mean, spread = items * flip_rate, sqrt(items * flip_rate * (1 - flip_rate))
    fewest = max(0, int(mean - 6 * spread) - 1)
    flips = np.arange(fewest, min(items, int(mean + 6 * spread) + 1) + 1, dtype=float)
    critical = _critical(level)[flips.astype(int)]
    flips, critical = flips[critical >= 0], critical[critical >= 0]
    if len(flips) == 0:
        return 0.0
    up = (1 + difference / flip_rate) / 2
    shown = binomial_cdf(critical, flips, up) + binomial_cdf(critical, flips, 1 - up)
    return float((_binomial(flips, items, flip_rate) * shown).sum())


def _connor(rate: float, size: float, level: float) -> float:
    """Connor 1987 for McNemar's test, and Fleiss' correction for an exact one."""
    root = _NORMAL.inv_cdf(1 - level / 2) * sqrt(rate)
    root += _NORMAL.inv_cdf(POWER) * sqrt(rate - size**2)
    items = (root / size) ** 2
    return items / 4 * (1 + sqrt(1 + 2 / (items * size))) ** 2


@lru_cache(maxsize=16)
def _critical(level: float) -> Numbers:
    """Return for each number of flips how many may go the other way; -1 where none suffices."""
    found = np.full(_MAX_FLIPS * 4 + 1, -1.0)
    # The chance of at most k heads, and of exactly k, as the number of flips grows.
    k, tail, exact = -1, 0.0, 0.0
    next_exact = 1.0
    for flips in range(1, len(found)):
        tail, next_exact = tail - exact / 2, next_exact / 2 if k < 0 else 0.0
        if k >= 0:
            exact *= flips / (2 * (flips - k))
            next_exact = exact * (flips - k) / (k + 1)
        if 2 * (tail + next_exact) < level:
            k, tail, exact = k + 1, tail + next_exact, next_exact
        found[flips] = k
    return found


def _binomial(k: Numbers, n: int, p: float) -> Numbers:
    if p >= 1:
        return (k == n).astype(float)
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    ways = logs[n] - logs[k.astype(int)] - logs[n - k.astype(int)]
    return np.exp(ways + k * np.log(p) + (n - k) * np.log1p(-p))
