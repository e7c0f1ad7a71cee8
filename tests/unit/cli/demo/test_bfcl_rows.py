import io
import json

import pytest
from jsonschema import Draft202012Validator, ValidationError, validate

from understudy.cli.demo.bfcl_rows import BfclRow, json_schema, read_rows
from understudy.data.files.parse import parse_chat_file

FUNCTION = {
    "name": "hotel.book",
    "description": "Book a room.",
    "parameters": {
        "type": "dict",
        "properties": {
            "city": {"type": "string", "description": "Where."},
            "price": {"type": "float", "optional": True},
            "corner": {"type": "tuple", "items": {"type": "float"}},
            "guests": {
                "type": "array",
                "items": {"type": "dict", "properties": {"name": {"type": "any"}}},
            },
            "breakfast": {"type": "boolean", "default": True},
        },
        "required": ["city", "breakfast"],
    },
}
TRUTH = {
    "city": ["Paris", "Paris, France"],
    "price": ["", 80.5],
    "corner": [[1, 2.5]],
    "guests": [[{"name": ["Ann", "A."], "age": [3, ""]}]],
    "breakfast": ["", True],
}


def row() -> BfclRow:
    question = {"id": "a", "question": [[{"role": "user", "content": "A room!"}]]}
    answers = [
        {"id": "b", "ground_truth": []},
        {"id": "a", "ground_truth": [{"hotel.book": TRUTH}]},
    ]
    (read,) = read_rows(
        json.dumps(question | {"function": [FUNCTION]}), "\n".join(map(json.dumps, answers))
    )
    return read


def arguments_of(call: dict[str, object]) -> object:
    (made,) = call["tool_calls"]
    return json.loads(made["function"]["arguments"])


def test_parameters_become_json_schema_at_every_depth():
    parameters = row().tool["function"]["parameters"]
    Draft202012Validator.check_schema(parameters)
    assert parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Where."},
            "price": {"type": "number"},
            "corner": {"type": "array", "items": {"type": "number"}},
            "guests": {
                "type": "array",
                "items": {"type": "object", "properties": {"name": {"type": "string"}}},
            },
            "breakfast": {"type": "boolean", "default": True},
        },
        "required": ["city", "breakfast"],
    }
    validate({"city": "Oslo", "breakfast": False, "price": 1.5}, parameters)
    with pytest.raises(ValidationError):
        validate({"city": "Oslo", "breakfast": "yes"}, parameters)


def test_a_property_that_is_named_like_a_word_of_bfcl_stays():
    schema = json_schema({"type": "dict", "properties": {"optional": {"type": "float"}}})
    assert schema["properties"] == {"optional": {"type": "number"}}


def test_the_call_has_each_arguments_first_value_and_nothing_that_may_be_left_out():
    assert row().name == "hotel_book"
    assert arguments_of(row().call()) == {
        "city": "Paris",
        "corner": [1, 2.5],
        "guests": [{"name": "Ann"}],
        # It is required, although BFCL would take a call without it.
        "breakfast": True,
    }


def test_a_row_is_a_line_of_a_training_file():
    parsed = parse_chat_file(io.BytesIO(json.dumps(row().example()).encode()))
    assert parsed.problems == ()
    (example,) = parsed.examples
    assert [message.role for message in example.messages] == ["user", "assistant"]
