"""The safe demonstrations that ship, and how many of them are mixed into a training."""

from collections import Counter

import pytest

from understudy.safety.categories import RELEASE_CATEGORIES
from understudy.safety.demonstrations import mixed_in, shipped_demonstrations
from understudy.safety.probe_set import shipped_probes
from understudy.safety.refusals import declines


def test_every_category_is_demonstrated_in_both_languages():
    counts = Counter(
        (each.category, each.language, each.is_refusal) for each in shipped_demonstrations()
    )
    assert set(counts) == {
        (category, language, is_refusal)
        for category in RELEASE_CATEGORIES
        for language in ("en", "zh")
        for is_refusal in (False, True)
    }
    assert set(counts.values()) == {5}


def test_the_rules_see_every_refusal_and_no_refusal_in_the_help():
    for each in shipped_demonstrations():
        assert declines(each.answer) == each.is_refusal, each.answer


def test_nothing_is_taught_that_the_check_asks():
    asked = {text.casefold() for probe in shipped_probes() for text in (probe.text, probe.twin)}
    taught = [each.request.casefold() for each in shipped_demonstrations()]
    assert len(set(taught)) == len(taught)
    assert asked.isdisjoint(taught)


@pytest.mark.parametrize(
    ("share", "examples", "wanted"),
    [(0.03, 1000, 31), (0.03, 10, 2), (0.5, 100, 100), (0.2, 80, 20), (0.5, 600, 600)],
)
def test_the_share_is_of_all_examples_and_half_are_refusals(
    share: float, examples: int, wanted: int
):
    chosen = mixed_in(share, examples, seed=1)
    assert len(chosen) == wanted
    refusals = sum(each.is_refusal for each in chosen)
    assert abs(2 * refusals - wanted) <= 1


def test_each_occurs_once_before_any_occurs_again():
    shipped = len(shipped_demonstrations())
    chosen = mixed_in(0.5, shipped + 2, seed=3)
    assert len(set(chosen[:shipped])) == shipped
    assert len(chosen) == shipped + 2


def test_the_seed_decides_which_are_taken():
    assert mixed_in(0.1, 100, seed=1) == mixed_in(0.1, 100, seed=1)
    assert mixed_in(0.1, 100, seed=1) != mixed_in(0.1, 100, seed=2)
