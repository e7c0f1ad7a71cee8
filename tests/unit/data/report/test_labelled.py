"""How well each rule finds what was labelled by hand; the documentation quotes these numbers."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.unit.data.report.labelled_texts import Labelled, labelled
from understudy.data.report.content.broken_json import broken_json
from understudy.data.report.content.cut_answers import is_cut
from understudy.data.report.content.mojibake import is_mojibake
from understudy.data.report.content.placeholders import has_placeholder
from understudy.data.report.content.refusals import is_refusal
from understudy.data.report.content.written_calls import is_written_call
from understudy.data.report.described_answers import is_named
from understudy.data.report.loose_text import label_of, loosely
from understudy.data.report.near_texts import NearTexts
from understudy.data.report.personal_data.counting import shapes_in

PAGE = Path(__file__).parents[4] / "docs" / "training_data.md"


def is_near(pair: str) -> bool:
    one, other = pair.split(" ||| ")
    texts = NearTexts()
    texts.add(1, one)
    return texts.find(other) is not None


def is_same_question(pair: str) -> bool:
    one, other = map(loosely, pair.split(" ||| "))
    return one == other


def is_same_label(pair: str) -> bool:
    one, other = map(label_of, pair.split(" ||| "))
    return one == other


def is_broken(answer: str) -> bool:
    others = [f'{{"city": "Rome", "days": {day}}}' for day in range(20)]
    return broken_json([*others, answer]) == [20]


def is_personal(text: str) -> bool:
    kind, has_kind, inside = text.rpartition(" | ")
    found = shapes_in([inside.replace("~", "")])
    return set(found) == {kind} if has_kind else bool(found)


def is_described(pair: str) -> bool:
    description, value = pair.split(" ||| ")
    return is_named(description, value)


FINDS: dict[str, Callable[[str], bool]] = {
    "near_duplicates": is_near,
    "label_conflicts": is_same_question,
    "label_spellings": is_same_label,
    "broken_json": is_broken,
    "written_calls": is_written_call,
    "placeholders": has_placeholder,
    "mojibake": is_mojibake,
    "cut_answers": is_cut,
    "refusals": is_refusal,
    "personal_data": is_personal,
    "described_answers": is_described,
}


class Rates(NamedTuple):
    precision: float
    recall: float


def rates(finds: Callable[[str], bool], texts: list[Labelled]) -> Rates:
    right = sum(each.is_one and finds(each.text) for each in texts)
    wrong = sum(not each.is_one and finds(each.text) for each in texts)
    return Rates(right / (right + wrong), right / sum(each.is_one for each in texts))


# The lowest precision and recall that the part which was held out may show.
HELD_OUT = {
    "near_duplicates": Rates(1.0, 0.92),
    "label_conflicts": Rates(1.0, 1.0),
    "label_spellings": Rates(1.0, 1.0),
    "broken_json": Rates(1.0, 1.0),
    "written_calls": Rates(1.0, 0.9),
    "placeholders": Rates(1.0, 0.85),
    "mojibake": Rates(1.0, 0.92),
    "cut_answers": Rates(1.0, 0.95),
    "refusals": Rates(0.94, 0.69),
    "personal_data": Rates(1.0, 0.95),
    "described_answers": Rates(1.0, 0.93),
}


@pytest.mark.parametrize("name", FINDS)
def test_what_was_held_out_is_found_as_the_page_says(name: str):
    texts = [each for each in labelled(name) if each.is_held_out]
    found = rates(FINDS[name], texts)
    assert found.precision >= HELD_OUT[name].precision
    assert found.recall >= HELD_OUT[name].recall
    right = sum(each.is_one for each in texts)
    row = re.search(rf"^\| `{name}` \| [0-9].*$", PAGE.read_text(), re.MULTILINE)
    assert row is not None
    assert row[0].split("|")[2:6] == [
        f" {right} ",
        f" {len(texts) - right} ",
        f" {found.precision:.2f} ",
        f" {found.recall:.2f} ",
    ]


@pytest.mark.parametrize("name", FINDS)
def test_what_the_rules_were_written_with_is_found(name: str):
    found = rates(FINDS[name], [each for each in labelled(name) if not each.is_held_out])
    assert found.precision == 1
    assert found.recall >= 0.9


@pytest.mark.parametrize("name", FINDS)
def test_no_text_is_labelled_twice(name: str):
    texts = [each.text for each in labelled(name)]
    assert [text for text in texts if texts.count(text) > 1] == []
