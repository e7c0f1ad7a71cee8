"""Which data has labels, and what a card says of models that choose from them."""

from random import Random

import pytest

from tests.tiny import assistant, user
from understudy.answering.decisions.probabilities import (
    LabelledScores,
    fit_temperature,
    probabilities,
)
from understudy.chat.messages import Message, Role
from understudy.data.examples import ChatExample
from understudy.evals.report_cards.labels import (
    LabelCard,
    label_set,
    labelled,
    shared_system_prompt,
)


def chat(answer: str | None, *calls: tuple[str, str], system: str | None = None) -> ChatExample:
    first = () if system is None else (Message(role=Role.SYSTEM, content=system),)
    messages = (*first, user("?"), assistant(answer, *calls))
    return ChatExample(
        line=1,
        messages=messages,
        tools=(),
        trained=(*[False] * (len(messages) - 1), True),
        parallel_tool_calls=None,
    )


def found(answers: list[str]):
    made = labelled([chat(answer) for answer in answers])
    assert made is not None
    return made


def test_short_answers_that_repeat_are_labels():
    held_out = found(["yes", "no"] * 10)
    assert label_set(found(["maybe"]), held_out) == ("maybe", "no", "yes")
    assert [each.label for each in held_out[:2]] == ["yes", "no"]


@pytest.mark.parametrize(
    "answers",
    [
        ["yes"] * 30,  # nothing to choose
        ["yes", "no"] * 9,  # too few examples
        [f"answer {n % 10}" for n in range(29)],  # hardly any repeats
        [f"answer {n % 51}" for n in range(200)],  # too many
    ],
)
def test_other_answers_are_none(answers: list[str]):
    assert label_set((), found(answers)) is None


@pytest.mark.parametrize(
    "example", [chat("x" * 65), chat("a\nb"), chat(None, ("f", "{}")), chat(" ")]
)
def test_one_answer_that_is_no_label_makes_the_data_free(example: ChatExample):
    assert labelled([chat("yes"), example]) is None


def test_a_system_prompt_is_known_where_it_is_always_the_same():
    one, two = chat("a", system="Choose."), chat("b")
    assert shared_system_prompt(labelled([one, one]) or []) == "Choose."
    assert shared_system_prompt(labelled([one, two]) or []) is None
    assert shared_system_prompt(labelled([two]) or []) is None


def card(temperature: float, count: int = 400) -> LabelCard:
    random = Random(1)
    scored = []
    for _ in range(count):
        true = [random.gauss(0, 1.5) for _ in range(3)]
        right = random.choices(range(3), probabilities(true))[0]
        scored.append(LabelledScores(scores=tuple(temperature * x for x in true), right=right))
    return LabelCard(labels=("a", "b", "c"), system_prompt=None, scored=tuple(scored))


def test_probabilities_that_are_too_sure_become_reliable():
    made = card(4.0)
    wire = made.to_json()
    assert made.temperature == pytest.approx(4.0, rel=0.2)
    for measure in ("expected_calibration_error", "brier", "log_loss"):
        assert wire["calibrated"][measure] < wire["raw"][measure]
    assert wire["calibrated"]["expected_calibration_error"] < 0.06
    assert sum(each["examples"] for each in wire["reliability"]) == wire["examples"] == 400
    shares = [each["share"] for each in wire["coverage"]]
    assert shares == sorted(shares, reverse=True)
    assert "accuracy over 3 labels" in made.sentence
    assert made.calibration.temperature == made.temperature


def test_a_temperature_that_does_not_help_on_unseen_examples_is_not_used():
    # Each half would have the other one believe what is not true of it.
    scored = tuple(
        LabelledScores(scores=(0.0, -1.0), right=0 if n % 2 == 0 else n % 4 // 2 ^ 1)
        for n in range(40)
    )
    made = LabelCard(labels=("a", "b"), system_prompt=None, scored=scored)
    assert made.temperature == 1.0
    assert made.to_json()["calibrated"] == made.to_json()["raw"]


def test_a_few_sure_mistakes_do_not_make_all_other_answers_too_unsure():
    # Nineteen of twenty are as sure as they may be; the others are wrong and hardly doubt it.
    reliable = [LabelledScores(scores=(-0.1, -2.35), right=n // 2 % 10 // 9) for n in range(190)]
    mistaken = [LabelledScores(scores=(0.0, -16.0), right=1)] * 10
    made = LabelCard(labels=("a", "b"), system_prompt=None, scored=(*reliable, *mistaken))
    assert fit_temperature(made.scored) < 2
    assert made.temperature == 1.0
    assert made.to_json()["calibrated"] == made.to_json()["raw"]
