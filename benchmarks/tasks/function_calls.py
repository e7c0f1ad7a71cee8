"""Function calls: the Berkeley Function Calling Leaderboard's simple ones, and a small file."""

import json
import random
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.tasks.task import Answer, Line, Score, Task, make_task
from understudy.cli.demo.tasks import demo_tasks

_QUESTIONS = "bfcl_eval/data/BFCL_v4_simple_python.json"
_ANSWERS = "bfcl_eval/data/possible_answer/BFCL_v4_simple_python.json"
# The types of Python that the questions are written with, in JSON Schema's words.
_TYPES = {"dict": "object", "float": "number", "tuple": "array"}
# Short ones, so that a run takes minutes; nested schemas are few.
_MAX_CHARACTERS = 670
_TRAINING, _HELD_OUT = 40, 50
_FEW = 10

Possible = Mapping[str, Sequence[Any]]
"""The right values of each parameter; an empty text among them says that it may be left out."""


def function_calls(wheel: Path) -> Task:
    """Call the one function that is offered, with the arguments that the question names."""
    with zipfile.ZipFile(wheel) as files:
        questions = _json_lines(files.read(_QUESTIONS))
        answers = {
            line["id"]: line["ground_truth"][0] for line in _json_lines(files.read(_ANSWERS))
        }
    short = [q for q in questions if len(json.dumps(q)) <= _MAX_CHARACTERS and _is_flat(q)]
    random.Random(13).shuffle(short)
    lines = [(_line(q, answers[q["id"]]), score_of_call(answers[q["id"]])) for q in short]
    held_out = lines[_TRAINING : _TRAINING + _HELD_OUT]
    assert len(held_out) == _HELD_OUT
    training = [line for line, _ in lines[:_TRAINING]]
    return make_task("function calls", training, held_out, max_tokens=80)


def few_calls() -> Task:
    """Call a weather function as ten examples show it: so few that a job repeats them often."""
    demo = demo_tasks()[0]
    training = _json_lines(demo.training_path.read_bytes())[:_FEW]
    held_out = _json_lines(demo.held_out_path.read_bytes())
    return make_task(
        "ten calls", training, [(line, _same_call(line)) for line in held_out], max_tokens=60
    )


def _json_lines(text: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _is_flat(question: Mapping[str, Any]) -> bool:
    parameters = question["function"][0]["parameters"]["properties"].values()
    return all(parameter["type"] not in ("dict", "any") for parameter in parameters)


def _line(question: Mapping[str, Any], answer: Mapping[str, Possible]) -> Line:
    function = question["function"][0]
    [(name, possible)] = answer.items()
    arguments = {key: values[0] for key, values in possible.items() if "" not in values}
    call = {"name": _name(name), "arguments": json.dumps(arguments)}
    tool = {
        "name": _name(function["name"]),
        "description": function["description"],
        "parameters": _schema(function["parameters"]),
    }
    return {
        "messages": [
            {"role": "user", "content": question["question"][0][0]["content"]},
            {
                "role": "assistant",
                "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
            },
        ],
        "tools": [{"type": "function", "function": tool}],
        "parallel_tool_calls": False,
    }


def _name(name: str) -> str:
    """Return a function's name as the API allows it, without dots."""
    return name.replace(".", "_")


def _schema(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: _TYPES.get(value, value) if _is_type(key, value) else _schema(value)
            for key, value in schema.items()
        }
    return schema


def _is_type(key: str, value: Any) -> bool:
    # A parameter may be called type too; what stands there is a schema.
    return key == "type" and isinstance(value, str)


def score_of_call(expected: Mapping[str, Possible]) -> Score:
    """Score 1 for the right function with right arguments, as the leaderboard's checker does."""
    [(name, possible)] = expected.items()

    def score(answer: Answer) -> float:
        arguments = _only_call(answer, _name(name))
        if arguments is None or not set(arguments) <= set(possible):
            return 0.0
        return float(
            all(
                _is_possible(arguments[key], values) if key in arguments else "" in values
                for key, values in possible.items()
            )
        )

    return score


def _same_call(line: Line) -> Score:
    call = line["messages"][-1]["tool_calls"][0]["function"]
    arguments = json.loads(call["arguments"])
    return lambda answer: float(_only_call(answer, call["name"]) == arguments)


def _only_call(answer: Answer, name: str) -> dict[str, Any] | None:
    """Return the arguments of the one call of this function, if the answer is that."""
    if len(answer.calls) != 1 or answer.calls[0].name != name:
        return None
    try:
        arguments = json.loads(answer.calls[0].arguments)
    except json.JSONDecodeError:
        return None
    return arguments if isinstance(arguments, dict) else None


def _is_possible(value: Any, values: Sequence[Any]) -> bool:
    return any(_plain(value) == _plain(other) for other in values if other != "")


def _plain(value: Any) -> Any:
    """Return a value without what the leaderboard does not look at in texts: case and marks."""
    if isinstance(value, str):
        return "".join(c for c in value.lower() if c not in " ,./-_*^").replace("'", '"')
    if isinstance(value, list):
        return [_plain(item) for item in value]
    # In Python True equals 1, in a call it does not.
    return ("truth", value) if isinstance(value, bool) else value
