"""The scores of the learning benchmark: a right answer is worth 1, and what is wrong is less."""

import json
from collections.abc import Callable

import pytest

from benchmarks.tasks.function_calls import few_calls, score_of_call
from benchmarks.tasks.generated import extraction, persona, ticket_codes
from benchmarks.tasks.task import Answer, Task
from benchmarks.tasks.text_corpora import edit_distance
from understudy.chat.messages import ToolCall

NOTHING = Answer(text="", calls=())


def call(name: str, **arguments: object) -> Answer:
    made = ToolCall(id="call_1", name=name, arguments=json.dumps(arguments))
    return Answer(text="", calls=(made,))


@pytest.mark.parametrize("make", [extraction, persona, ticket_codes, few_calls])
def test_a_task_is_small_and_no_answer_is_worth_nothing(make: Callable[[], Task]):
    task = make()
    assert 10 <= len(task.training) <= 150
    assert 40 <= len(task.held_out) <= 50
    assert {question.score(NOTHING) for question in task.held_out} == {0.0}


@pytest.mark.parametrize("make", [extraction, persona])
def test_generated_tasks_are_the_same_every_time(make: Callable[[], Task]):
    assert make().training == make().training
    questions = [question.messages for question in make().held_out]
    assert questions == [question.messages for question in make().held_out]


def test_no_held_out_name_was_learned():
    task = extraction()
    learned = {json.loads(e.messages[-1].content or "")["customer"] for e in task.training}
    asked = " ".join(question.messages[-1].content or "" for question in task.held_out)
    assert not [name for name in learned if name in asked]


def test_half_of_the_fields_are_half_a_point():
    question = next(q for q in extraction().held_out if "Porto" in (q.messages[-1].content or ""))
    wrong = {"customer": "", "item": "", "quantity": -1, "city": "Porto", "express": None}
    assert question.score(Answer(text=json.dumps(wrong), calls=())) == pytest.approx(0.2)
    del wrong["express"]
    assert question.score(Answer(text=json.dumps(wrong), calls=())) == 0


def test_a_call_may_leave_out_only_what_may_be_left_out():
    score = score_of_call({"math.area": {"base": [10], "unit": ["cm", "", "centimetres"]}})
    assert score(call("math_area", base=10)) == 1
    assert score(call("math_area", base=10, unit="CM")) == 1
    assert score(call("math_area", base=10, unit="inch")) == 0
    assert score(call("math_area", unit="cm")) == 0
    assert score(call("math_area", base=10, height=1)) == 0
    assert score(call("area", base=10)) == 0
    assert score(NOTHING) == 0


def test_true_is_not_one():
    score = score_of_call({"turn": {"on": [True]}})
    assert (score(call("turn", on=True)), score(call("turn", on=1))) == (1, 0)


def test_phonemes_are_counted_as_a_whole():
    assert edit_distance(["K", "AE", "T"], ["K", "AE", "T"]) == 0
    assert edit_distance(["K", "AE", "T", "S"], ["K", "AA", "T"]) == 2
    assert edit_distance([], ["K", "AE", "T"]) == 3
