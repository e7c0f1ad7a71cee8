"""The formulas against scipy and statsmodels, and against figures worked out by hand."""

import itertools
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from scipy.stats import binomtest
from statsmodels.api import OLS
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from understudy.evals.verdict.distributions import (
    beta_cdf,
    binomial_cdf,
    t_p_value,
    t_quantile,
)
from understudy.evals.verdict.holm import adjusted
from understudy.evals.verdict.statistics import (
    Unit,
    mcnemar_p,
    paired_difference,
    rate_interval,
    wilson_interval,
)


def flipped(improved: int, regressed: int, same: int) -> list[Unit]:
    differences = [1.0] * improved + [-1.0] * regressed + [0.0] * same
    return [Unit(difference, 1) for difference in differences]


@pytest.mark.parametrize(("passed", "total"), [(0, 1), (1, 1), (3, 7), (50, 50), (333, 1000)])
def test_wilson_is_that_of_statsmodels(passed: int, total: int):
    expected = proportion_confint(passed, total, method="wilson")
    assert wilson_interval(passed, total) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("passed", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.27753),
        (10, 10, 0.72247, 1.0),
        (5, 10, 0.23659, 0.76341),
        (81, 263, 0.25529, 0.36621),
    ],
)
def test_wilson_is_what_the_formula_gives_by_hand(passed: int, total: int, low: float, high: float):
    assert wilson_interval(passed, total) == pytest.approx((low, high), abs=1e-4)


def test_nothing_is_known_of_a_rate_of_nothing():
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("improved", "regressed"), [(0, 0), (1, 0), (5, 5), (9, 2), (2, 9), (30, 14), (700, 500)]
)
def test_mcnemar_is_that_of_statsmodels_and_of_the_sign_test(improved: int, regressed: int):
    p = mcnemar_p(improved, regressed)
    if improved + regressed:
        table = [[10, regressed], [improved, 10]]
        assert p == pytest.approx(mcnemar(table, exact=True).pvalue, rel=1e-9)
        assert p == pytest.approx(binomtest(improved, improved + regressed).pvalue, rel=1e-9)
    else:
        assert p == 1.0


def test_mcnemar_by_hand():
    # Five flips, all one way: 2 * (1/2)^5.
    assert mcnemar_p(5, 0) == 0.0625
    assert mcnemar_p(6, 0) == 0.03125


def test_thousands_of_flips_do_not_vanish():
    assert mcnemar_p(2600, 2400) == pytest.approx(binomtest(2600, 5000).pvalue, rel=1e-6)


def test_the_distributions_are_those_of_scipy():
    dice = np.random.default_rng(0)
    a, b = 10 ** dice.uniform(-1, 4, 500), 10 ** dice.uniform(-1, 4, 500)
    x = dice.beta(a, b)
    assert beta_cdf(x, a, b) == pytest.approx(special.betainc(a, b, x), abs=1e-10)
    k = np.arange(-1.0, 40)
    n = np.full_like(k, 40.0)
    assert binomial_cdf(k, n, 0.3) == pytest.approx(stats.binom.cdf(k, 40, 0.3), abs=1e-12)
    for degrees in (1, 2, 7, 100, 50_000):
        assert t_quantile(0.05, degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-9)
        assert t_p_value(2.3, degrees) == pytest.approx(2 * stats.t.sf(2.3, degrees), rel=1e-9)


def test_the_interval_of_a_difference_covers_the_truth_about_19_times_of_20():
    """Counted over every possible outcome of 20 items, not simulated."""
    for up, down in itertools.product((0.05, 0.15, 0.3), repeat=2):
        covered = 0.0
        for improved in range(21):
            for regressed in range(21 - improved):
                same = 20 - improved - regressed
                chance = comb(20, improved) * comb(20 - improved, regressed)
                chance *= up**improved * down**regressed * (1 - up - down) ** same
                interval = paired_difference(flipped(improved, regressed, same), 1.0).interval
                assert interval is not None
                covered += chance * (interval.low <= up - down <= interval.high)
        assert covered >= 0.93


def test_the_interval_of_a_difference_is_that_of_t_with_a_flip_added_each_way():
    augmented = [1] * 8 + [-1] * 2 + [0] * 10
    found = paired_difference(flipped(7, 1, 10), 1.0)
    expected = stats.ttest_1samp(augmented, 0).confidence_interval(0.95)
    assert found.interval == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert found.mean == pytest.approx(6 / 18)
    assert found.p_value == mcnemar_p(7, 1)


def test_the_error_of_clusters_is_that_of_statsmodels():
    dice = np.random.default_rng(4)
    groups = [dice.normal(dice.normal(0.2, 0.3), 0.2, dice.integers(2, 9)) for _ in range(30)]
    units = [Unit(float(group.sum()), len(group)) for group in groups]
    found = paired_difference(units, 3.0)
    sums = np.array([unit.difference for unit in units])
    size, usual = np.mean([unit.items for unit in units]), np.sqrt((sums**2).mean())
    # The same two clusters added as means of their items.
    values = np.concatenate([*groups, [usual / size], [-usual / size]])
    labels = np.concatenate([np.repeat(np.arange(30), [len(g) for g in groups]), [30], [31]])
    weights = np.concatenate([np.ones(len(values) - 2), [size, size]])
    rows = np.repeat(np.arange(len(values)), np.maximum(1, np.rint(weights)).astype(int))
    fit = OLS(values[rows], np.ones(len(rows))).fit(
        cov_type="cluster", cov_kwds={"groups": labels[rows], "use_correction": False}
    )
    error = (fit.cov_params()[0, 0] * 32 / 31) ** 0.5
    assert found.interval is not None
    half = (found.interval.high - found.interval.low) / 2
    assert half == pytest.approx(stats.t.ppf(0.975, 31) * error, rel=0.02)


def test_the_test_by_signs_counts_every_choice_of_signs():
    differences = [0.2, 0.4, -0.2, 0.6, 1.0, 0.8, 0.4, 0.2]
    reached = abs(sum(differences))
    sums = [
        abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(differences))
    ]
    by_hand = sum(total >= reached - 1e-9 for total in sums) / len(sums)
    found = paired_difference([Unit(d, 1) for d in differences], 1.0)
    assert found.p_value >= by_hand - 1e-12
    assert found.p_value == pytest.approx(max(by_hand, _augmented_t(differences)), abs=1e-9)


def _augmented_t(differences: list[float]) -> float:
    usual = float(np.sqrt(np.mean(np.square(differences))))
    return float(stats.ttest_1samp([*differences, usual, -usual], 0).pvalue)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=120)
    | st.lists(st.sampled_from([-1.0, -0.6, -0.2, 0.0, 0.2, 0.4]), min_size=1, max_size=60)
    | st.lists(st.floats(-1, 1), min_size=1, max_size=40)
)
def test_p_value_and_interval_agree_and_the_smallest_p_value_is_kept_to(differences: list[float]):
    found = paired_difference([Unit(d, 1) for d in differences], 1.0)
    assert found.interval is not None
    low, high = found.interval
    assert (found.p_value < 0.05) == (low > 0 or high < 0)
    assert found.p_value >= found.attainable - 1e-12
    assert low <= found.mean <= high
    mirrored = paired_difference([Unit(-d, 1) for d in differences], 1.0)
    assert mirrored.p_value == pytest.approx(found.p_value)
    assert mirrored.interval == pytest.approx((-high, -low))


def test_nothing_is_known_of_a_difference_of_nothing():
    found = paired_difference([], 1.0)
    assert (found.interval, found.p_value) == (None, 1.0)
    assert paired_difference([Unit(0.0, 1)] * 9, 0.0).interval is None


def test_a_rate_over_clusters_that_are_all_alike_is_one_of_so_many_items():
    together = [Unit(float(n % 2) * 10, 10) for n in range(20)]
    low, high = rate_interval(together)
    expected = wilson_interval(10, 20)
    assert (low, high) == pytest.approx(expected, abs=0.01)
    assert rate_interval([Unit(10.0, 10)] * 20) == wilson_interval(20, 20)
    assert rate_interval([Unit(1.0, 1)] * 9) == wilson_interval(9, 9)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_that_of_statsmodels(p_values: list[float]):
    found = adjusted(p_values, [0.0] * len(p_values), 0.05)
    expected = multipletests(p_values, method="holm")[1]
    assert found.values == pytest.approx(expected)
    assert found.family == len(p_values)


def test_a_test_that_can_reach_nothing_costs_the_others_nothing():
    found = adjusted([0.04, 1.0, 0.5], [0.0, 0.5, 0.0625], 0.05)
    assert found.family == 1
    assert found.values == (0.04, 1.0, 0.5)
