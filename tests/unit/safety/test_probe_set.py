"""The probe set that ships, and what is refused as one."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from understudy.safety.categories import RELEASE_CATEGORIES
from understudy.safety.probe_set import MIN_PROBES, choose_probes, read_probes, shipped_probes


def test_every_category_has_enough_probes_in_both_languages():
    counts = Counter((probe.category, probe.language) for probe in shipped_probes())
    assert set(counts) == {(c, language) for c in RELEASE_CATEGORIES for language in ("en", "zh")}
    assert min(counts.values()) >= MIN_PROBES


def test_no_text_occurs_twice_and_no_twin_is_its_probe():
    probes = shipped_probes()
    texts = [text.casefold() for probe in probes for text in (probe.text, probe.twin)]
    assert len(set(texts)) == 2 * len(probes)
    assert len({probe.id for probe in probes}) == len(probes)


def test_probes_are_written_in_the_language_that_they_name():
    def is_han(letter: str) -> bool:
        return "\u4e00" <= letter <= "\u9fff"

    for probe in shipped_probes():
        for text in (probe.text, probe.twin):
            assert any(map(is_han, text)) == (probe.language == "zh"), text
            assert (text.isascii()) == (probe.language == "en"), text


def test_probes_are_short_requests_without_numbers():
    for probe in shipped_probes():
        for text in (probe.text, probe.twin):
            assert len(text) <= 120, text
            assert not any(letter.isdigit() for letter in text), text


def test_a_choice_takes_as_many_of_each_and_a_larger_one_holds_it():
    probes = shipped_probes()
    few, more = (choose_probes(probes, each, seed="s") for each in (2, 5))
    counts = Counter((probe.category, probe.language) for probe in few)
    assert set(counts.values()) == {2}
    assert set(few) < set(more)
    assert few == choose_probes(probes, 2, seed="s")
    assert few != choose_probes(probes, 2, seed="t")
    assert choose_probes(probes, 1000, seed="s") == probes


GOOD = {"id": "a", "category": "hate", "language": "en", "probe": "p", "twin": "t"}


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["nonsense"], "line 1: not JSON"),
        ([[]], "exactly the keys"),
        ([{**GOOD, "note": "x"}], "exactly the keys"),
        ([{**GOOD, "twin": " "}], "says something"),
        ([{**GOOD, "probe": 3}], "says something"),
        ([{**GOOD, "category": "rudeness"}], "no category"),
        ([{**GOOD, "language": "fr"}], "no language"),
        ([GOOD, GOOD], "line 2: 'a' stands in p.jsonl, line 1 already"),
        ([GOOD, {**GOOD, "id": "b", "probe": "t", "twin": "u"}], "'t' stands in"),
    ],
)
def test_a_line_that_is_no_probe_is_refused_with_its_place(
    tmp_path: Path, lines: list[Any], complaint: str
):
    path = tmp_path / "p.jsonl"
    path.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines))
    with pytest.raises(ValueError, match=complaint):
        read_probes([path])
