"""The grader that is sent to a reinforcement job is the check that counts right calls."""

import json
from typing import Any

import pytest

from benchmarks.learning.call_rewards import grader, prompt_line
from understudy.cli.demo.bfcl_rows import BfclRow

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
}
ROW = BfclRow(
    question="What will the weather be in Oslo?",
    tool={"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}},
    allowed={"city": ["Oslo", "Oslo, Norway"], "days": ["", 1]},
)


@pytest.mark.parametrize(
    ("name", "arguments", "reward"),
    [
        ("weather", {"city": "oslo norway"}, 1.0),
        ("weather", {"city": "Oslo", "days": 1}, 1.0),
        ("weather", {"city": "Oslo", "days": 2}, 0.0),
        ("weather", {}, 0.0),
        ("forecast", {"city": "Oslo"}, 0.0),
    ],
)
def test_a_call_is_rewarded_that_the_check_takes_for_right(
    name: str, arguments: dict[str, Any], reward: float
):
    item = {key: value for key, value in prompt_line(ROW).items() if key != "messages"}
    call = {"type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
    defined: dict[str, Any] = {}
    exec(grader()["source"], defined)
    assert defined["grade"]({"output_text": "", "output_tools": [call]}, item) == reward
