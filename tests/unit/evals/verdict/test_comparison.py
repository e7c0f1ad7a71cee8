"""Verdicts over pairs of outcomes made by hand."""

import pytest

from understudy.errors import InvalidRequestError
from understudy.evals.verdict.comparison import Comparison, Verdict, compare
from understudy.evals.verdict.pairing import Outcome, item_key, pair_outcomes


def outcome(number: int, passed: bool | None, item: str | None = None) -> Outcome:
    """An outcome with one criterion "c"; None is an errored one."""
    is_errored = passed is None
    return Outcome(
        number=number,
        item_key=item_key({"q": item if item is not None else str(number)}),
        is_errored=is_errored,
        is_passed=bool(passed),
        scores={} if is_errored else {"c": float(bool(passed))},
        passes={} if is_errored else {"c": bool(passed)},
    )


def run(marks: str) -> list[Outcome]:
    """One outcome for each letter: p passes, f fails, e is errored."""
    meaning = {"p": True, "f": False, "e": None}
    return [outcome(number, meaning[mark]) for number, mark in enumerate(marks)]


def compared(base: str, candidate: str) -> Comparison:
    return compare(run(base), run(candidate), ["c"], seed=1)


def test_every_item_is_in_one_cell_of_the_flip_table():
    found = compared("ppffpf", "pfpfpp")
    assert found.overall.flips == (2, 1, 2, 1)
    assert [(f.base_number, f.is_improved) for f in found.flipped] == [
        (1, False),
        (2, True),
        (5, True),
    ]
    assert found.criteria[0].passing == found.overall


def test_a_clear_gain_is_called_better_and_a_clear_loss_worse():
    gain = compared("f" * 12, "p" * 10 + "ff")
    assert gain.verdict is Verdict.BETTER
    assert gain.items_needed is None
    assert gain.sentence == (
        "The candidate is better: 0.0 % before, 83.3 % after, a difference of +83.3 points "
        "(95 % interval +40.6 to +100.0, p = 0.002, 12 items)."
    )
    assert compared("p" * 12, "f" * 10 + "pp").verdict is Verdict.WORSE


def test_a_chance_that_is_hardly_one_is_called_less_than_a_small_number():
    assert ", p < 0.0001, " in compared("f" * 30, "p" * 28 + "ff").sentence


def test_too_few_items_are_said_to_be_too_few_and_how_many_would_do():
    found = compared("p" * 25 + "f" * 25, "p" * 26 + "f" * 24)
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.detectable == 0.05
    assert found.items_needed is not None
    assert 100 < found.items_needed < 400
    assert found.sentence.startswith("Cannot tell with 50 items (50.0 % before, 52.0 % after")
    assert found.sentence.endswith(
        f"about {found.items_needed} would be needed to see a 5-point change."
    )


def test_a_difference_that_was_seen_is_the_one_to_plan_for():
    found = compared("fffff" + "p" * 5, "ppppp" + "p" * 5)
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.detectable == 0.5


def test_errored_items_are_left_out_and_counted():
    found = compared("pef", "ppe")
    assert (found.pairs, found.errored) == (1, 2)


def test_runs_without_a_common_judgement_say_so():
    found = compared("ee", "pp")
    assert found.verdict is Verdict.CANNOT_TELL
    assert "no item that both runs could judge" in found.sentence
    assert found.items_needed is None


def test_items_are_joined_by_what_they_say_not_by_their_place():
    base = [outcome(0, True, "a"), outcome(1, False, "b"), outcome(2, False, "b")]
    candidate = [outcome(0, False, "b"), outcome(1, True, "a"), outcome(2, True, "b")]
    joined = [(p.base.number, p.candidate.number) for p in pair_outcomes(base, candidate)]
    assert joined == [(0, 1), (1, 0), (2, 2)]


def test_different_data_is_refused_with_what_differs():
    with pytest.raises(InvalidRequestError) as refusal:
        compare(run("pp"), [outcome(0, True), outcome(1, True, "x")], ["c"], seed=1)
    assert "1 item is only in the base run and 1 item is only in the candidate run" in str(
        refusal.value
    )
    assert refusal.value.code == "different_data"


def test_the_order_of_keys_does_not_make_an_item_another_one():
    assert item_key({"a": 1, "b": {"c": 2, "d": 3}}) == item_key({"b": {"d": 3, "c": 2}, "a": 1})


def test_scores_have_their_own_interval():
    def scored(number: int, score: float) -> Outcome:
        made = outcome(number, score >= 0.5)
        return Outcome(**{**made.__dict__, "scores": {"c": score}})

    base = [scored(n, 0.4) for n in range(20)]
    candidate = [scored(n, 0.6) for n in range(20)]
    score = compare(base, candidate, ["c"], seed=1).criteria[0].score
    assert score.difference == pytest.approx(0.2)
    assert score.interval == pytest.approx((0.2, 0.2))
