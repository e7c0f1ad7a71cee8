"""How many items are advised, against the power that so many turn out to have."""

import numpy as np
import pytest
from scipy import stats

from understudy.evals.verdict.power import items_needed, mcnemar_power, units_needed
from understudy.evals.verdict.statistics import mcnemar_p

# Flip rates with the differences to be shown.
CASES = [(0.2, 0.1), (0.05, 0.05), (0.3, 0.1), (0.5, 0.5), (0.9, 0.5), (1.0, 1.0), (0.6, 0.25)]


def shown_share(items: int, flip_rate: float, difference: float, level: float) -> float:
    """Simulate 20,000 comparisons and test them exactly, by scipy."""
    dice = np.random.default_rng(20261130)
    rate = max(flip_rate, difference)
    flips = dice.binomial(items, rate, 20_000)
    up = dice.binomial(flips, (1 + difference / rate) / 2)
    p_values = np.minimum(1, 2 * stats.binom.cdf(np.minimum(up, flips - up), flips, 0.5))
    return float((p_values < level).mean())


@pytest.mark.parametrize("level", [0.05, 0.0125])
@pytest.mark.parametrize(("flip_rate", "difference"), CASES)
def test_so_many_items_show_the_difference_four_times_of_five(
    flip_rate: float, difference: float, level: float
):
    items = items_needed(flip_rate, difference, level=level)
    assert shown_share(items, flip_rate, difference, level) >= 0.79
    # Not many more than it takes either.
    assert shown_share(int(0.85 * items), flip_rate, difference, level) < 0.85


def test_no_advice_is_below_what_the_exact_test_can_do_with():
    """Five flips one way are p = .0625, six are p = .03125."""
    assert mcnemar_p(5, 0) > 0.05 > mcnemar_p(6, 0)
    assert items_needed(1.0, 1.0) == 6
    assert all(items_needed(d, d) >= 6 for d in np.linspace(0.1, 1.0, 10))


def test_the_power_is_that_of_the_sum_over_all_outcomes():
    items, flip_rate, difference = 25, 0.4, 0.2
    power = 0.0
    for flips in range(items + 1):
        for up in range(flips + 1):
            if mcnemar_p(up, flips - up) < 0.05:
                chance = stats.binom.pmf(flips, items, flip_rate)
                power += chance * stats.binom.pmf(up, flips, (1 + difference / flip_rate) / 2)
    assert mcnemar_power(items, flip_rate, difference) == pytest.approx(power, rel=1e-9)


def test_large_numbers_are_planned_by_the_formula():
    small = items_needed(0.2, 0.0201)
    large = items_needed(0.9, 0.0201)
    assert large / small == pytest.approx(4.5, rel=0.05)


def test_so_many_units_show_a_mean_difference_four_times_of_five():
    dice = np.random.default_rng(1)
    units = units_needed(0.25, 0.2)
    draws = dice.normal(0.2, 0.5, (4000, units))
    shown = stats.ttest_1samp(draws, 0, axis=1).pvalue < 0.05
    assert 0.79 <= shown.mean() <= 0.83
