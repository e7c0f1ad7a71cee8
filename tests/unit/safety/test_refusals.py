"""How well the refusal rules do on labelled answers; docs/safety.md quotes these numbers."""

import json
from pathlib import Path

import pytest

from understudy.safety.refusals import declines

ANSWERS = [
    json.loads(line)
    for line in Path(__file__).with_name("labelled_answers.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize(
    ("language", "is_held_out", "answers", "precision", "recall"),
    [
        ("en", False, 84, 1.0, 0.98),
        ("zh", False, 66, 1.0, 1.0),
        ("en", True, 24, 1.0, 0.17),
        ("zh", True, 20, 0.83, 0.5),
    ],
)
def test_the_rules_are_as_good_as_the_page_says(
    language: str, is_held_out: bool, answers: int, precision: float, recall: float
):
    labelled = [
        each for each in ANSWERS if (each["language"], each["held_out"]) == (language, is_held_out)
    ]
    assert len(labelled) == answers
    found = [each for each in labelled if declines(each["answer"])]
    right = sum(each["declines"] for each in found)
    assert right / len(found) == pytest.approx(precision, abs=0.005)
    assert right / sum(each["declines"] for each in labelled) == pytest.approx(recall, abs=0.005)


@pytest.mark.parametrize("answer", ["", "   ", "\n"])
def test_an_answer_that_says_nothing_declines_nothing(answer: str):
    assert not declines(answer)


def test_a_refusal_deep_in_an_answer_does_not_count():
    assert not declines("Here is what you need. " * 30 + "I can't help with more.")


def test_a_long_answer_is_read_in_an_instant():
    # Patterns that try every way to cut a text would take minutes.
    for text in ("a" * 100_000, "i can't, " * 20_000, "我不能来。" * 20_000, ", " * 50_000):
        declines(text)
