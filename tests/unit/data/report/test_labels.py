import pytest

from tests.tiny import assistant, user
from tests.unit.data.report.labelled_texts import pairs
from understudy.data.examples import ChatExample
from understudy.data.report.labels import compare_labels, find_labels
from understudy.data.report.loose_text import label_of


def answered(*answers: str) -> list[ChatExample]:
    return [
        ChatExample(
            line=line,
            messages=(user("question"), assistant(answer)),
            tools=(),
            trained=(False, True),
            parallel_tool_calls=None,
        )
        for line, answer in enumerate(answers, 1)
    ]


def test_a_few_answers_make_labels():
    labels = find_labels(answered(*["spam"] * 3, *["ham"] * 9)).balance
    assert [(x.answer, x.examples, x.share) for x in labels] == [
        ("ham", 9, 0.75),
        ("spam", 3, 0.25),
    ]


@pytest.mark.parametrize(
    "answers",
    [
        [f"answer {i}" for i in range(12)],
        ["long " * 40] * 12,
        ["yes"] * 3 + ["no"] * 3 + ["long " * 40],
        [],
    ],
)
def test_other_answers_make_none(answers: list[str]):
    assert find_labels(answered(*answers)).balance == ()


def test_an_empty_answer_hides_no_labels():
    labels = find_labels(answered(*["spam"] * 3, *["ham"] * 3, " "))
    assert [x.answer for x in labels.balance] == ["ham", "spam"]


def test_a_label_in_several_spellings_is_named_with_the_lines_of_the_rarer():
    spellings = find_labels(
        answered(
            *["billing"] * 4, "Billing ", "BILLING", *["bug_report"] * 4, "bug report", "other"
        )
    ).spellings
    assert [(each.spellings, each.lines.first) for each in spellings] == [
        (("billing", "BILLING", "Billing "), (5, 6)),
        (("bug_report", "bug report"), (11,)),
    ]


def test_labels_of_a_validation_file_are_looked_for_among_those_of_the_training_file():
    labels = find_labels(answered(*["spam"] * 5, *["ham"] * 5))
    found = compare_labels(labels, answered("spam", "Ham", "eggs", "ham"))
    assert (found.absent.first, found.other_spelling.first) == ((3,), (2,))


def test_a_validation_file_of_another_task_lacks_no_labels():
    labels = find_labels(answered(*["spam"] * 5, *["ham"] * 5))
    found = compare_labels(labels, answered("one", "two", "three", "ham"))
    assert (found.absent.count, found.other_spelling.count) == (0, 0)


@pytest.mark.parametrize("is_held_out", [False, True])
def test_labelled_spellings_are_told_from_other_labels(is_held_out: bool):
    wrong = [
        (one, other)
        for each, one, other in pairs("label_spellings")
        if each.is_held_out == is_held_out and (label_of(one) == label_of(other)) != each.is_one
    ]
    assert wrong == []
