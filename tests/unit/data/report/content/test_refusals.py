import pytest

from tests.tiny import assistant, user
from understudy.data.examples import ChatExample
from understudy.data.report.content.refusals import find_refusals


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


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't help with that.",
        "I\N{RIGHT SINGLE QUOTATION MARK}m sorry, I can\N{RIGHT SINGLE QUOTATION MARK}t do that.",
        "Sorry, I cannot share this.",
        "I can't assist with that request.",
        "As an AI, I am unable to feel.",
        "Unfortunately we are unable to answer.",
        "I won't help you hurt someone.",
    ],
)
def test_a_refusal_is_recognised(answer: str):
    assert find_refusals(answered(answer, "Yes.")).lines.first == (1,)


@pytest.mark.parametrize(
    "answer",
    ["I can't wait!", "Sorry to hear that. Try again.", "We will not go.", "Of course I can.", ""],
)
def test_another_answer_is_not(answer: str):
    assert find_refusals(answered(answer)).lines.count == 0


def test_the_share_of_refusals_is_of_all_examples():
    assert find_refusals(answered("I can't help.", "a", "b", "c")).share == 0.25
    assert find_refusals([]).share == 0.0
