from pathlib import Path

import pytest

from understudy.cli.demo.tasks import (
    DemoTask,
    count_lines,
    demo_tasks,
    is_same_answer,
    read_held_out,
)
from understudy.data.files.parse import parse_chat_file

TASKS = pytest.mark.parametrize("task", demo_tasks(), ids=lambda task: task.suffix)


def questions_of(path: Path) -> set[str]:
    return {str(question.messages) for question in read_held_out(path)}


@TASKS
def test_both_files_are_good_training_files(task: DemoTask):
    for path in (task.training_path, task.held_out_path):
        with path.open("rb") as file:
            assert parse_chat_file(file).problems == ()
        assert count_lines(path) >= 10


@TASKS
def test_no_held_out_question_was_trained_on(task: DemoTask):
    assert not questions_of(task.training_path) & questions_of(task.held_out_path)


@TASKS
def test_every_question_ends_before_the_assistants_answer(task: DemoTask):
    for question in read_held_out(task.held_out_path):
        assert question.messages[-1]["role"] == "user"
        assert question.expected["role"] == "assistant"


def test_one_task_is_about_tools_and_the_other_is_not():
    weather, tickets = demo_tasks()
    assert all(question.tools for question in read_held_out(weather.held_out_path))
    assert not any(question.tools for question in read_held_out(tickets.held_out_path))


def call(name: str, arguments: str) -> dict[str, object]:
    function = {"name": name, "arguments": arguments}
    return {"role": "assistant", "tool_calls": [{"type": "function", "function": function}]}


def text(content: str | None) -> dict[str, object]:
    return {"role": "assistant", "content": content}


def test_answers_are_the_same_when_their_text_is():
    assert is_same_answer(text("#TECH/P2"), text("#TECH/P2 "))
    assert not is_same_answer(text("#TECH/P2"), text("#TECH/P3"))
    assert not is_same_answer(text("#TECH/P2"), text(None))


def test_calls_are_the_same_when_their_arguments_mean_the_same():
    expected = call("f", '{"a": 1, "b": 2}')
    assert is_same_answer(expected, call("f", '{"b":2,"a":1}'))
    assert not is_same_answer(expected, call("f", '{"a": 1}'))
    assert not is_same_answer(expected, call("g", '{"a": 1, "b": 2}'))
    assert not is_same_answer(expected, call("f", "{broken"))
    assert not is_same_answer(call("f", "{}"), text("f"))


def test_a_held_out_example_takes_the_answer_of_its_file_and_no_other():
    held_out = read_held_out(demo_tasks()[1].held_out_path)
    assert all(example.is_right(example.expected) for example in held_out)
    assert not any(example.is_right(text("something else")) for example in held_out)
