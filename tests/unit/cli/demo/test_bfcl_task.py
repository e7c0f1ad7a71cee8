from pathlib import Path

from understudy.cli.demo.bfcl_rows import BfclRow
from understudy.cli.demo.bfcl_task import bfcl_task
from understudy.cli.demo.tasks import count_lines, read_held_out


def row(number: int) -> BfclRow:
    """Every function is asked for twice, in questions of growing length."""
    name = f"f{number // 2}"
    parameters = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    function = {"name": name, "description": "", "parameters": parameters}
    return BfclRow(
        question=f"{number} " + "please " * number,
        tool={"type": "function", "function": function},
        allowed={"n": [number]},
    )


ROWS = [row(number) for number in range(400)]


def test_no_held_out_function_is_in_the_training_file(tmp_path: Path):
    task = bfcl_task(ROWS, tmp_path)
    trained = {str(example.tools) for example in read_held_out(task.training_path)}
    held_out = {str(example.tools) for example in task.held_out}
    assert len(trained) == count_lines(task.training_path) == 100
    assert len(held_out) == count_lines(task.held_out_path) == 50
    assert not trained & held_out


def test_the_shortest_questions_are_taken_and_always_the_same(tmp_path: Path):
    one, other = bfcl_task(ROWS, tmp_path), bfcl_task(ROWS[::-1], tmp_path)
    assert [e.messages for e in one.held_out] == [e.messages for e in other.held_out]
    asked = [*read_held_out(one.training_path), *one.held_out]
    numbers = sorted(int(str(example.messages[0].get("content")).split()[0]) for example in asked)
    assert numbers == list(range(0, 300, 2))


def test_the_expected_call_is_right_and_another_is_not(tmp_path: Path):
    task = bfcl_task(ROWS, tmp_path)
    assert all(example.is_right(example.expected) for example in task.held_out)
    first, second = task.held_out[:2]
    assert not first.is_right(second.expected)
