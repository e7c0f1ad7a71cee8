import json
from random import Random
from typing import Any

import pytest

from built_in_models.families.tools import tool_calls
from built_in_models.families.tools.schemas import KEPT_OUT_TOOL
from built_in_models.task import Task
from built_in_models.world import Split, World

_TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool}


@pytest.fixture(scope="module")
def tasks() -> list[Task]:
    rng = Random(1)
    return [tool_calls.generate(rng, World.of(Split.HELD_OUT)) for _ in range(1500)]


def _call(task: Task) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arguments of the answer and the schema of the tool it calls."""
    call = task.reference.tool_calls[0]
    (tool,) = [tool for tool in task.tools if tool.name == call.name]
    assert tool.parameters is not None
    return json.loads(call.arguments), tool.parameters["properties"]


def test_arguments_follow_the_schema_of_the_called_tool(tasks: list[Task]):
    for task in tasks:
        if task.reference.tool_calls:
            arguments, properties = _call(task)
            assert arguments.keys() == properties.keys()
            for name, value in arguments.items():
                assert isinstance(value, _TYPES[properties[name]["type"]])
                assert value in properties[name].get("enum", [value])


def test_every_value_comes_from_the_question_or_is_the_first_choice(tasks: list[Task]):
    for task in tasks:
        if task.reference.tool_calls:
            question = (task.question[-1].content or "").lower()
            arguments, properties = _call(task)
            for name, value in arguments.items():
                if not isinstance(value, bool) and str(value).lower() not in question:
                    assert value == properties[name]["enum"][0]


def test_tool_names_differ_within_a_task_and_the_demo_tool_is_never_offered(tasks: list[Task]):
    for task in tasks:
        names = [tool.name for tool in task.tools]
        assert len(set(names)) == len(names)
        assert KEPT_OUT_TOOL not in names


def test_one_to_four_tools_are_offered_and_some_questions_need_none(tasks: list[Task]):
    assert {len(task.tools) for task in tasks} == {1, 2, 3, 4}
    spoken = [task for task in tasks if not task.reference.tool_calls]
    assert 0.05 < len(spoken) / len(tasks) < 0.25
    assert any(task.reference.content == tool_calls.NO_TOOL_FITS[0] for task in spoken)


def test_many_questions_are_about_the_weather(tasks: list[Task]):
    asked = [task for task in tasks if "weather" in (task.question[-1].content or "").lower()]
    assert len(asked) / len(tasks) > 0.15
