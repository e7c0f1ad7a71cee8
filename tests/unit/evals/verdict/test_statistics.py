"""The formulas against scipy and statsmodels, and against figures worked out by hand."""

import itertools
import random
from math import comb

import pytest
from scipy.stats import binomtest, bootstrap
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from understudy.evals.verdict.statistics import (
    Flips,
    bootstrap_interval,
    difference_interval,
    items_needed,
    mcnemar_p,
    wilson_interval,
)


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


def test_the_interval_of_a_difference_covers_the_truth_about_19_times_of_20():
    """Counted over every possible outcome of 20 items, not simulated."""
    for up, down in itertools.product((0.05, 0.15, 0.3), repeat=2):
        covered = 0.0
        for improved in range(21):
            for regressed in range(21 - improved):
                same = 20 - improved - regressed
                chance = comb(20, improved) * comb(20 - improved, regressed)
                chance *= up**improved * down**regressed * (1 - up - down) ** same
                interval = difference_interval(Flips(improved, regressed, same, 0))
                covered += chance * (interval.low <= up - down <= interval.high)
        assert covered >= 0.93


def test_the_interval_of_a_difference_is_wald_s_with_a_flip_added_each_way():
    # 3 of 10 improved, nothing else: rates 4/12 and 1/12, difference 3/12.
    low, high = difference_interval(Flips(3, 0, 5, 2))
    spread = 1.959964 * ((4 / 12 + 1 / 12 - (3 / 12) ** 2) / 12) ** 0.5
    assert (low, high) == pytest.approx((3 / 12 - spread, 3 / 12 + spread), abs=1e-6)


def test_items_needed_is_the_textbook_number():
    # Connor 1987: a flip rate of 0.2 and a difference of 0.1 at 80 % power.
    expected = (1.959964 * 0.2**0.5 + 0.841621 * (0.2 - 0.01) ** 0.5) ** 2 / 0.01
    assert items_needed(0.2, 0.1) == int(expected) + 1 == 155


def test_that_many_items_show_the_difference_four_times_of_five():
    dice = random.Random(1)
    items = items_needed(0.2, 0.1)
    shown = 0
    for _ in range(400):
        draws = dice.choices(("up", "down", "same"), (0.15, 0.05, 0.8), k=items)
        shown += mcnemar_p(draws.count("up"), draws.count("down")) < 0.05
    assert 0.72 <= shown / 400 <= 0.88


def test_the_bootstrap_is_that_of_scipy():
    dice = random.Random(3)
    differences = [dice.gauss(0.05, 0.2) for _ in range(200)]
    expected = bootstrap(
        (differences,), lambda x, axis: x.mean(axis=axis), method="percentile", rng=0
    ).confidence_interval
    found = bootstrap_interval(differences, seed=7)
    assert found == pytest.approx((expected.low, expected.high), abs=0.004)


def test_the_same_seed_draws_the_same_interval():
    differences = [0.1, -0.2, 0.4, 0.0, 0.3]
    assert bootstrap_interval(differences, seed=7) == bootstrap_interval(differences, seed=7)
    assert bootstrap_interval([0.25] * 9, seed=7) == (0.25, 0.25)
