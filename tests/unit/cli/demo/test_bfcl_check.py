import json
from typing import Any

import pytest

from understudy.cli.demo.bfcl_check import is_right_call
from understudy.cli.demo.bfcl_rows import BfclRow, json_schema

ROW = BfclRow(
    question="?",
    tool={
        "type": "function",
        "function": {
            "name": "f",
            "description": "",
            "parameters": json_schema(
                {
                    "type": "dict",
                    "properties": {
                        "day": {"type": "string"},
                        "count": {"type": "integer"},
                        "price": {"type": "float"},
                        "is_open": {"type": "boolean"},
                        "who": {"type": "dict", "properties": {"name": {"type": "string"}}},
                        "tags": {"type": "array", "items": {"type": "string"}},
                    },
                    "required": ["day"],
                }
            ),
        },
    },
    allowed={
        "day": ["April 1, 2024", "2024-04-01"],
        "count": [1, ""],
        "price": [2.0, ""],
        "is_open": [True, ""],
        "who": [{"name": ["Ann"], "age": [3, ""]}, ""],
        "tags": [["New York", "b"], ""],
    },
)
DAY = {"day": "2024-04-01"}


def calling(arguments: Any, name: str = "f", times: int = 1) -> dict[str, Any]:
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"tool_calls": [{"function": {"name": name, "arguments": written}}] * times}


@pytest.mark.parametrize(
    "arguments",
    [
        {"day": "2024-04-01"},
        {"day": "april 1 2024"},
        DAY | {"count": 1, "price": 2},
        DAY | {"price": 2.0, "is_open": True},
        DAY | {"who": {"name": "ann"}},
        DAY | {"who": {"name": "Ann", "age": 3}},
        DAY | {"tags": ["new york", "b"]},
    ],
)
def test_an_allowed_value_for_each_argument_is_right(arguments: dict[str, Any]):
    assert is_right_call(ROW, calling(arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"day": "2024-04-02"},
        {"day": 20240401},
        DAY | {"other": 1},
        DAY | {"count": 2},
        DAY | {"count": 1.0},
        DAY | {"count": True},
        DAY | {"is_open": 1},
        DAY | {"who": {"age": 3}},
        DAY | {"who": "Ann"},
        DAY | {"tags": ["b", "New York"]},
        DAY | {"tags": ["New York"]},
        DAY | {"tags": "New York"},
        [],
        "{broken",
    ],
)
def test_anything_else_is_wrong(arguments: Any):
    assert not is_right_call(ROW, calling(arguments))


def test_it_is_one_call_of_the_one_function():
    assert not is_right_call(ROW, {"content": "2024-04-01"})
    assert not is_right_call(ROW, calling(DAY, name="g"))
    assert not is_right_call(ROW, calling(DAY, times=2))
