"""Verdicts over pairs of outcomes made by hand."""

from collections.abc import Sequence

import pytest

from understudy.errors import InvalidRequestError
from understudy.evals.verdict.comparison import Comparison, compare
from understudy.evals.verdict.joint_tests import Verdict
from understudy.evals.verdict.pairing import Outcome, item_key, pair_outcomes

MEANING = {"p": True, "f": False, "e": None}


def outcome(
    number: int, passed: bool | None, item: str | None = None, cluster: str | None = None
) -> Outcome:
    """An outcome with one criterion "c"; None is an errored one."""
    return Outcome(
        number=number,
        item_key=item_key({"q": item if item is not None else str(number)}),
        scores={} if passed is None else {"c": float(passed)},
        passes={} if passed is None else {"c": passed},
        cluster=cluster,
    )


def run(marks: str) -> list[Outcome]:
    """One outcome for each letter: p passes, f fails, e is errored."""
    return [outcome(number, MEANING[mark]) for number, mark in enumerate(marks)]


def by_criteria(**marks: str) -> list[Outcome]:
    """One outcome for each letter, with a criterion for each word."""
    return [
        Outcome(
            number=number,
            item_key=item_key({"q": number}),
            scores={c: float(m[number] == "p") for c, m in marks.items() if m[number] != "e"},
            passes={c: m[number] == "p" for c, m in marks.items() if m[number] != "e"},
        )
        for number in range(len(next(iter(marks.values()))))
    ]


def scored(scores: Sequence[float], threshold: float = 0.5) -> list[Outcome]:
    return [
        Outcome(
            number=number,
            item_key=item_key({"q": number}),
            scores={"c": score},
            passes={"c": score >= threshold},
        )
        for number, score in enumerate(scores)
    ]


def compared(base: str, candidate: str, **more: float) -> Comparison:
    return compare(run(base), run(candidate), ["c"], **more)  # type: ignore[arg-type]


def codes(found: Comparison) -> list[str]:
    return [statement.code for statement in found.statements]


def test_every_item_is_in_one_cell_of_the_flip_table():
    found = compared("ppffpf", "pfpfpp")
    assert found.passing.change.flips == (2, 1, 2, 1)
    assert [(f.base_number, f.is_improved) for f in found.flipped] == [
        (1, False),
        (2, True),
        (5, True),
    ]
    assert found.criteria[0].passing.change.flips == found.passing.change.flips


def test_a_clear_gain_is_called_better_and_a_clear_loss_worse():
    gain = compared("f" * 12, "p" * 10 + "ff")
    assert gain.verdict is Verdict.BETTER
    assert gain.plan is None
    assert gain.sentence == (
        "The candidate is better: 0.0 % before, 83.3 % after, a difference of +83.3 points "
        "(95 % interval +36.1 to +100.0, p = 0.002, 12 items)."
    )
    assert compared("p" * 12, "f" * 10 + "pp").verdict is Verdict.WORSE


def test_a_chance_that_is_hardly_one_is_called_less_than_a_small_number():
    assert ", p < 0.0001, " in compared("f" * 30, "p" * 28 + "ff").sentence


def test_too_few_items_are_said_to_be_too_few_and_how_many_would_do():
    found = compared("p" * 25 + "f" * 25, "p" * 26 + "f" * 24)
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.plan is not None
    assert found.plan.difference == 0.05
    assert 100 < found.plan.items < 400
    assert found.sentence.startswith("Cannot tell with 50 items (50.0 % before, 52.0 % after")
    assert found.sentence.endswith(
        f"about {found.plan.items} would be needed to see a 5-point change."
    )


def test_a_difference_that_was_seen_is_the_one_to_plan_for():
    found = compared("fffff" + "p" * 5, "ppppp" + "p" * 5)
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.plan is not None
    assert found.plan.difference == 0.5


@pytest.mark.parametrize("size", [1, 2, 4, 5, 7, 50, 400])
def test_advice_never_names_fewer_items_than_there_are_or_than_can_suffice(size: int):
    for improved in range(min(size, 12)):
        found = compared("f" * size, "p" * improved + "f" * (size - improved))
        if found.plan is not None:
            assert found.plan.items > size
            assert found.plan.items >= 6


def test_many_items_without_a_difference_are_no_change_larger_than_the_margin():
    base = "p" * 500 + "f" * 500
    candidate = "f" * 20 + "p" * 500 + "f" * 480
    found = compared(base, candidate)
    assert found.verdict is Verdict.NO_CHANGE
    assert found.sentence.startswith(
        "No change larger than 5 points: 50.0 % before, 50.0 % after, a difference of +0.0 points "
    )
    assert found.plan is None
    assert compared(base, candidate, margin=0.01).verdict is Verdict.CANNOT_TELL
    assert compared("p" * 5, "p" * 5).verdict is Verdict.CANNOT_TELL


def test_scores_that_rise_above_the_threshold_are_better():
    base = scored([0.57 + 0.01 * (n % 5) for n in range(20)])
    candidate = scored([0.94 + 0.01 * (n % 3) for n in range(20)])
    found = compare(base, candidate, ["c"])
    assert found.verdict is Verdict.BETTER
    assert found.passing.change.flips == (0, 0, 20, 0)
    assert found.sentence.startswith(
        "The candidate is better by the score of 'c': 0.590 before, 0.949 after, a difference of "
        "+0.359 (95 % interval "
    )
    assert compare(candidate, base, ["c"]).verdict is Verdict.WORSE
    change = found.criteria[0].score.change
    assert change.found.interval is not None
    assert change.found.interval.low < change.found.mean < change.found.interval.high


def test_better_by_one_measure_and_worse_by_another_is_mixed():
    base = by_criteria(a="p" * 40 + "f" * 40, b="f" * 40 + "p" * 40)
    candidate = by_criteria(a="f" * 40 + "f" * 40, b="p" * 40 + "p" * 40)
    found = compare(base, candidate, ["a", "b"])
    assert found.verdict is Verdict.MIXED
    assert found.sentence.startswith("The candidate is better by 'b' (+50.0 points, p < 0.0001")
    assert " and worse by 'a' (-50.0 points" in found.sentence


def test_criteria_are_paired_each_for_itself():
    """One grader raises on 60 items; another's fall from 100 to 40 is seen all the same."""
    base = by_criteria(exact="p" * 100, raising="e" * 60 + "p" * 40)
    candidate = by_criteria(exact="f" * 60 + "p" * 40, raising="e" * 60 + "p" * 40)
    found = compare(base, candidate, ["exact", "raising"])
    assert found.verdict is Verdict.WORSE
    exact, raising = (each.passing.change for each in found.criteria)
    assert (exact.items, raising.items) == (100, 40)
    assert (exact.base.value, exact.candidate.value) == (1.0, 0.4)
    assert "worse by 'exact': 100.0 % before, 40.0 % after" in found.sentence


def test_a_criterion_that_fails_decides_an_item_whatever_an_errored_one_would_say():
    base = by_criteria(exact="f" * 10, raising="e" * 10)
    candidate = by_criteria(exact="p" * 10, raising="p" * 10)
    found = compare(base, candidate, ["exact", "raising"])
    assert found.passing.change.items == 10
    assert found.verdict is Verdict.BETTER


def test_errors_of_one_run_that_could_explain_a_gain_forbid_to_call_it_one():
    """The candidate errs on what it would have failed: its true rate is the base's."""
    base = "p" * 50 + "f" * 50
    candidate = "p" * 45 + "e" * 5 + "p" * 12 + "e" * 38
    found = compared(base, candidate)
    assert found.verdict is Verdict.CANNOT_TELL
    assert codes(found) == ["errors_could_explain"]
    assert found.sentence == (
        "Cannot tell because of errors: without the 43 items that errored it would be "
        "78.9 % before, 100.0 % after (p = 0.00049), but had they been judged, the difference "
        "could be anything from +7.0 to +50.0 points."
    )


def test_a_gain_that_no_error_could_explain_is_called_one_and_the_worst_case_is_shown():
    found = compared("f" * 90 + "p" * 10, "p" * 88 + "ee" + "p" * 10)
    assert found.verdict is Verdict.BETTER
    assert codes(found) == ["better", "errors"]
    assert found.statements[1].text == (
        "Errored: 0 items in the base run and 2 in the candidate, 0 of them in both and left out; "
        "the others could make the difference anything from +88.0 to +90.0 points."
    )


def test_errors_are_not_taken_for_no_change():
    base = "p" * 500 + "f" * 500
    assert compared(base, "e" * 100 + base[100:]).verdict is Verdict.CANNOT_TELL
    assert codes(compared(base, "e" * 100 + base[100:])) == ["errors_could_explain"]


def test_items_that_neither_run_could_judge_are_left_out_and_counted():
    found = compared("pef" + "f" * 20, "pep" + "p" * 20)
    assert (found.passing.change.items, found.passing.change.errors) == (22, (1, 1, 1))
    assert found.verdict is Verdict.BETTER


def test_little_is_said_when_most_items_could_not_be_judged():
    found = compared("e" * 60 + "f" * 30, "e" * 60 + "p" * 30)
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.sentence.startswith("Cannot tell: of 90 items, 60 errored in both runs.")


def test_runs_without_a_common_judgement_say_so():
    found = compared("ee", "pp")
    assert found.verdict is Verdict.CANNOT_TELL
    assert "no item that both runs could judge" in found.sentence
    assert found.plan is None


def test_equal_items_are_one_item_whose_answers_are_averaged():
    """20 copies of one question say as much as one question."""
    base = [outcome(n, False, "same") for n in range(20)]
    candidate = [outcome(n, True, "same") for n in range(20)]
    found = compare(base, candidate, ["c"])
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.passing.change.items == 1
    assert "averaged: 20 of the base and 20 of the candidate to 1 item." in found.sentence


def test_repeats_are_averaged_before_items_are_compared():
    marks = [("ff", "pp"), ("fp", "pp"), ("ff", "fp"), ("pp", "pp"), ("ff", "fe")] * 4
    base, candidate = (
        [
            outcome(2 * n + k, MEANING[mark], str(n))
            for n, sides in enumerate(marks)
            for k, mark in enumerate(sides[place])
        ]
        for place in (0, 1)
    )
    found = compare(base, candidate, ["c"])
    assert found.passing.change.items == 20
    assert found.passing.change.base_mean == pytest.approx(0.3)
    assert found.passing.change.candidate_mean == pytest.approx(0.7)
    assert found.passing.change.flips == (12, 0, 4, 4)
    assert found.passing.change.errors == (0, 4, 0)
    assert found.verdict is Verdict.BETTER


def test_items_of_one_cluster_count_as_one():
    """Four clusters of ten that flip together cannot prove what forty items would."""
    alone = compare(
        [outcome(n, False) for n in range(40)], [outcome(n, True) for n in range(40)], ["c"]
    )
    together = compare(
        [outcome(n, False, cluster=str(n % 4)) for n in range(40)],
        [outcome(n, True, cluster=str(n % 4)) for n in range(40)],
        ["c"],
    )
    assert (alone.verdict, alone.clusters) == (Verdict.BETTER, None)
    assert (together.verdict, together.clusters) == (Verdict.CANNOT_TELL, 4)
    assert "The 40 items count as 4 independent clusters." in together.sentence
    assert together.plan is not None
    assert together.plan.items > 40
    wide, narrow = together.passing.change.candidate, alone.passing.change.candidate
    assert wide.interval.low < narrow.interval.low


def test_p_values_are_corrected_for_the_number_of_criteria():
    """Ten flips one way are proof of one criterion, not among nine others that also move."""
    marks = {f"c{n}": ("f" * 8 + "p" * 42, "p" * 7 + "f" + "p" * 42) for n in range(1)}
    noise = {f"n{n}": ("p" * 44 + "f" * 6, "f" * 6 + "p" * 44) for n in range(5)}
    both = marks | noise
    base = by_criteria(**{name: sides[0] for name, sides in both.items()})
    candidate = by_criteria(**{name: sides[1] for name, sides in both.items()})
    found = compare(base, candidate, list(both))
    first = found.criteria[0].passing
    assert first.change.found.p_value == pytest.approx(2 / 2**7)
    assert first.family > 5
    assert first.adjusted_p == pytest.approx(min(1, first.family * 2 / 2**7))
    assert found.verdict is Verdict.CANNOT_TELL


def test_items_are_joined_by_what_they_say_not_by_their_place():
    base = [outcome(0, True, "a"), outcome(1, False, "b"), outcome(2, False, "b")]
    candidate = [outcome(0, False, "b"), outcome(1, True, "a"), outcome(2, True, "b")]
    joined = pair_outcomes(base, candidate).items
    numbers = [([o.number for o in p.base], [o.number for o in p.candidate]) for p in joined]
    assert numbers == [([0], [1]), ([1, 2], [0, 2])]


def test_different_data_is_refused_with_what_differs():
    with pytest.raises(InvalidRequestError) as refusal:
        compare(run("pp"), [outcome(0, True), outcome(1, True, "x")], ["c"])
    assert "1 item is only in the base run and 1 item is only in the candidate run" in str(
        refusal.value
    )
    assert refusal.value.code == "different_data"


def test_the_common_part_is_compared_when_that_is_enough():
    base, candidate = run("f" * 20 + "ppp"), run("p" * 20)
    found = compare(base, candidate, ["c"], is_common_part_enough=True)
    assert found.verdict is Verdict.BETTER
    assert found.sentence.endswith(
        "Compared on the 20 items that both runs have; 3 are only in the base run and 0 only in "
        "the candidate."
    )
    with pytest.raises(InvalidRequestError, match="no item in common"):
        compare(run("p"), [outcome(0, True, "x")], ["c"], is_common_part_enough=True)


def test_the_order_of_keys_does_not_make_an_item_another_one():
    assert item_key({"a": 1, "b": {"c": 2, "d": 3}}) == item_key({"b": {"d": 3, "c": 2}, "a": 1})


def test_every_statement_carries_the_numbers_that_its_text_has():
    for found in (
        compared("f" * 12, "p" * 10 + "ff"),
        compared("p" * 25 + "f" * 25, "p" * 26 + "f" * 24),
        compared("pef" + "f" * 20, "pep" + "p" * 20),
    ):
        first = found.statements[0]
        assert first.values["base"] == found.passing.change.base_mean
        assert first.values["items"] == found.passing.change.items
        assert f"{100 * first.values['candidate']:.1f} % after" in first.text
