"""How often verdicts are wrong, and how often they see what there is, over many made-up evals."""

from collections.abc import Callable

import numpy as np

from understudy.evals.verdict.comparison import measured_pair
from understudy.evals.verdict.joint_tests import Verdict, joint_verdict, judged_together
from understudy.evals.verdict.pairing import Outcome, pair_outcomes
from understudy.evals.verdict.power import items_needed
from understudy.evals.verdict.statistics import Unit, paired_difference

Dice = np.random.Generator
TRIALS = 200
# Of 200 trials at a true rate of 5 %, more than 18 are wrong in less than one case of 100.
MAX_WRONG = 18


def outcomes(
    passes: np.ndarray, clusters: np.ndarray | None = None, names: str = "c"
) -> list[Outcome]:
    """One outcome a row and criterion; nan is one that could not be judged."""
    table = passes.reshape(len(passes), -1)
    return [
        Outcome(
            number=number,
            item_key=number.to_bytes(4),
            scores={c: v for c, v in zip(names, row, strict=True) if v == v},
            passes={c: v >= 0.5 for c, v in zip(names, row, strict=True) if v == v},
            cluster=None if clusters is None else str(clusters[number]),
        )
        for number, row in enumerate(table.tolist())
    ]


def verdict_on(base: list[Outcome], after: list[Outcome], names: str = "c") -> Verdict:
    """The verdict of `compare`, without the words."""
    pair = measured_pair(pair_outcomes(base, after), list(names))
    return joint_verdict(judged_together([pair.changes[at] for at in pair.deciding]), 0.05)


def wrong(make: Callable[[Dice], Verdict], *verdicts: Verdict) -> int:
    dice = np.random.default_rng(7)
    return sum(make(dice) in verdicts for _ in range(TRIALS))


DECIDED = (Verdict.BETTER, Verdict.WORSE, Verdict.MIXED)


def test_equal_models_are_called_different_in_one_case_of_twenty_at_most():
    def make(dice: Dice) -> Verdict:
        rate = dice.beta(1, 1, 60)
        base, after = (dice.random((2, 60)) < rate).astype(float)
        return verdict_on(outcomes(base), outcomes(after))

    assert wrong(make, *DECIDED) <= MAX_WRONG


def test_paraphrases_of_few_questions_do_not_prove_a_difference():
    """Twenty clusters of ten that all but flip together: 52 % false alarms for single items."""
    clusters = np.repeat(np.arange(20), 10)

    def make(dice: Dice) -> Verdict:
        sides = [
            (dice.random(200) < np.repeat(dice.choice([0.1, 0.9], 20), 10)).astype(float)
            for _ in range(2)
        ]
        base, after = (outcomes(side, clusters) for side in sides)
        return verdict_on(base, after)

    assert wrong(make, *DECIDED) <= MAX_WRONG


def test_many_criteria_do_not_multiply_false_alarms():
    names = "abcdef"

    def make(dice: Dice) -> Verdict:
        base, after = (dice.random((2, 50, 6)) < 0.8).astype(float)
        return verdict_on(outcomes(base, names=names), outcomes(after, names=names), names)

    assert wrong(make, *DECIDED) <= MAX_WRONG


def test_scores_of_equal_models_are_called_different_in_one_case_of_twenty_at_most():
    def make(dice: Dice) -> Verdict:
        base, after = dice.beta(0.5, 1.5, (2, 25))
        return verdict_on(outcomes(base), outcomes(after))

    assert wrong(make, *DECIDED) <= MAX_WRONG


def test_errors_that_hide_failures_never_make_a_model_better():
    """The candidate errs on half of what it would fail."""

    def make(dice: Dice) -> Verdict:
        base, after = (dice.random((2, 120)) < 0.5).astype(float)
        after[(after == 0) & (dice.random(120) < 0.5)] = np.nan
        return verdict_on(outcomes(base), outcomes(after))

    assert wrong(make, Verdict.BETTER) <= MAX_WRONG / 2


def test_a_change_at_the_margin_is_called_none_in_one_case_of_twenty_at_most():
    def make(dice: Dice) -> Verdict:
        base = (dice.random(300) < 0.5).astype(float)
        drawn = dice.random(300)
        after = np.where(base == 1, drawn >= 0.05, drawn < 0.15).astype(float)
        return verdict_on(outcomes(base), outcomes(after))

    assert wrong(make, Verdict.NO_CHANGE) <= MAX_WRONG


def test_a_gain_is_seen_in_four_cases_of_five_by_as_many_items_as_are_advised():
    items = items_needed(0.3, 0.2)

    def make(dice: Dice) -> Verdict:
        base = (dice.random(items) < 0.5).astype(float)
        drawn = dice.random(items)
        after = np.where(base == 1, drawn >= 0.1, drawn < 0.5).astype(float)
        return verdict_on(outcomes(base), outcomes(after))

    assert 0.75 <= wrong(make, Verdict.BETTER) / TRIALS <= 0.87


def test_differences_of_repeated_answers_are_tested_honestly_for_few_items():
    dice = np.random.default_rng(11)
    for items in (6, 10, 20):
        false_alarms = 0
        for _ in range(TRIALS):
            rate = dice.beta(1, 1, items)
            differences = (dice.binomial(5, rate) - dice.binomial(5, rate)) / 5
            units = [Unit(float(d), 1) for d in differences]
            false_alarms += paired_difference(units, 1.0).p_value < 0.05
        assert false_alarms <= MAX_WRONG
