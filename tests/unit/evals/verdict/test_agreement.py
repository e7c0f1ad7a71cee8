"""A grader beside people: kappa as statsmodels has it, and an interval that holds what it says."""

from random import Random

import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from understudy.evals.verdict.agreement import Agreement, Judged, agreement

YES_NO = ("yes", "no")


def of_table(both_yes: int, yes_no: int, no_yes: int, both_no: int) -> Agreement:
    return agreement(
        [Judged("yes", "yes")] * both_yes
        + [Judged("yes", "no")] * yes_no
        + [Judged("no", "yes")] * no_yes
        + [Judged("no", "no")] * both_no,
        YES_NO,
    )


def test_an_example_by_hand():
    # Cohen's kappa of 20, 5, 10, 15: 0.7 agree, 0.5 would by chance.
    found = of_table(20, 5, 10, 15)
    assert found.confusion == ((20, 5), (10, 15))
    assert (found.agreed, found.total) == (35, 50)
    assert found.by_chance == pytest.approx(0.5)
    assert found.kappa == pytest.approx(0.4)
    assert "35 of 50 items (70.0 %" in found.sentence
    assert "kappa 0.40" in found.sentence


def test_kappa_agrees_with_statsmodels_for_several_labels():
    random, labels = Random(3), ("a", "b", "c")
    for _ in range(20):
        judged = [
            Judged(human, human if random.random() < 0.6 else random.choice(labels))
            for human in random.choices(labels, (6, 3, 1), k=60)
        ]
        found = agreement(judged, labels)
        expected = cohens_kappa(found.confusion, return_results=True).kappa
        assert found.kappa == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("items", [20, 50, 200])
@pytest.mark.parametrize(("share", "kappa"), [(0.5, 0.5), (0.5, 0.95), (0.8, 0.8), (0.9, 0.95)])
def test_the_interval_holds_the_true_kappa_in_about_95_of_100_cases(
    items: int, share: float, kappa: float
):
    random, cases, held = Random(11), 600, 0
    for _ in range(cases):
        judged: list[Judged] = []
        for human in random.choices(YES_NO, (share, 1 - share), k=items):
            # With this chance the grader knows, else it labels as often as people do.
            knows = random.random() < kappa
            guess = human if knows else random.choices(YES_NO, (share, 1 - share))[0]
            judged.append(Judged(human, guess))
        found = agreement(judged, YES_NO)
        interval = found.kappa_interval
        held += interval is None or interval.low <= kappa <= interval.high
    assert held / cases >= 0.89


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ((90, 2, 2, 90), "It can stand in for people"),
        ((20, 15, 15, 20), "It does not judge as people do"),
        ((20, 3, 3, 14), "Cannot tell with 40 items"),
        ((9, 1, 0, 0), "People gave all of them the same label"),
        ((10, 0, 0, 0), "People gave all of them the same label"),
        ((0, 0, 0, 0), "No item was judged"),
    ],
)
def test_what_it_means_is_said(table: tuple[int, int, int, int], words: str):
    assert words in of_table(*table).sentence


def test_all_agreeing_on_few_items_proves_little():
    found = of_table(5, 0, 0, 5)
    assert found.kappa == 1
    assert found.kappa_interval is not None
    assert found.kappa_interval.low < 0.6
    assert "Cannot tell with 10 items" in found.sentence
