import json
from typing import Any

import pytest

from understudy.data.files.formats import Method
from understudy.data.files.parse import parse_chat_file, parse_file
from understudy.data.foreign.file import converted
from understudy.data.foreign.rows import to_chat
from understudy.errors import InvalidRequestError

ALPACA = {"instruction": "Name a colour", "input": "of the sky", "output": "blue"}
SHAREGPT = {
    "id": "x1",
    "conversations": [
        {"from": "system", "value": "Be short."},
        {"from": "human", "value": "Colour of the sky?"},
        {"from": "gpt", "value": "Blue."},
    ],
}


def lines(*rows: object) -> list[bytes]:
    return [json.dumps(row).encode() + b"\n" for row in rows]


def test_an_instruction_with_its_input_becomes_one_question():
    assert to_chat(ALPACA | {"system": "Be short.", "history": [["Hi", "Hello"]]}) == {
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": "Name a colour\nof the sky"},
            {"role": "assistant", "content": "blue"},
        ]
    }
    assert to_chat(ALPACA | {"input": ""})["messages"][0]["content"] == "Name a colour"


def test_a_conversation_keeps_its_turns():
    assert to_chat(SHAREGPT) == {
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "Colour of the sky?"},
            {"role": "assistant", "content": "Blue."},
        ]
    }


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"question": "a", "answer": "b"}, "no form that can be converted: Alpaca"),
        (ALPACA | {"score": 1}, 'it also has "score"'),
        (ALPACA | {"output": None}, "what the assistant says is not a string"),
        (ALPACA | {"input": 7}, '"input" is not a string'),
        (ALPACA | {"history": [["a"]]}, '"history" must be'),
        ({"conversations": ["a"]}, 'entry 1 of "conversations" has no "from"'),
        ({"conversations": [{"from": "observation", "value": "x"}]}, 'is from "observation"'),
        ({"conversations": [], "tools": "[]"}, 'it also has "tools"'),
    ],
)
def test_what_has_no_place_in_a_chat_is_refused_and_never_dropped(row: dict[str, Any], said: str):
    with pytest.raises(InvalidRequestError) as raised:
        to_chat(row)
    assert said in raised.value.message


def test_a_converted_file_reads_as_training_data():
    written = [line.encode() for line in converted(lines(ALPACA, SHAREGPT))]
    parsed = parse_chat_file(line + b"\n" for line in written)
    assert parsed.problems == ()
    assert len(parsed.examples) == 2


def test_an_array_of_rows_is_a_file_of_them():
    array = json.dumps([ALPACA, SHAREGPT], indent=1).encode()
    assert list(converted([array[:50], array[50:]])) == list(converted(lines(ALPACA, SHAREGPT)))


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (lines(ALPACA, ALPACA | {"output": 3}), "Line 2: what the assistant says"),
        ([b"[1]"], "Entry 1: it is not a JSON object"),
        ([b"[1"], "The array cannot be read"),
        ([b'{"instruction": NaN}\n'], "Line 1: invalid JSON: NaN is not JSON"),
    ],
)
def test_a_fault_of_a_file_is_named_by_its_place(pieces: list[bytes], said: str):
    with pytest.raises(InvalidRequestError) as raised:
        list(converted(pieces))
    assert said in raised.value.message


@pytest.mark.parametrize(("row", "form"), [(ALPACA, "Alpaca"), (SHAREGPT, "ShareGPT")])
@pytest.mark.parametrize("method", Method)
def test_a_job_says_whose_rows_they_are_and_what_converts_them(
    row: dict[str, Any], form: str, method: Method
):
    (problem,) = parse_file(lines(row, row), method, "file-a").problems
    assert f"Its rows are in the {form} format" in problem.message
    assert "'understudy convert FILE'" in problem.message
