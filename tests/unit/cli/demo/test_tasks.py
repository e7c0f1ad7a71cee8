from pathlib import Path

import pytest

from understudy.cli.demo.tasks import DemoTask, count_lines, demo_tasks, read_held_out
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
