"""Calls whose texts stand between marks and whose keys are bare: Gemma 4 and FunctionGemma."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tiny import assistant, user
from tests.unit.chat.families.test_round_trips import read, trained_turns
from tests.unit.chat.templates import renderer_of
from understudy.chat.messages import Message, Tool
from understudy.chat.parsing.quoted_values import QuotedForm, QuotedReader
from understudy.errors import InvalidRequestError

NAMES = ["gemma4", "gemma4-before", "function-gemma"]
ANY = Tool(name="f", parameters={"type": "object"})


def learned(name: str, message: Message, *tools: Tool) -> list[int]:
    chat = renderer_of(name)
    example = chat.training_ids([user("x"), message], tools or [ANY], [False, True])
    (turn,) = trained_turns(example)
    return turn


def read_json(*pieces: str) -> tuple[str, str, bool]:
    """What was not read, the JSON, and whether it is complete."""
    reader = QuotedReader(QuotedForm(quote='<|"|>'))
    left, written = "", ""
    for piece in pieces:
        left, more = reader.read(left + piece)
        written += more
    return left, written, reader.is_complete


WIRE = [
    ("{}", "{}"),
    ('{a:<|"|>x "y"\n\\ {b:1}, <|z|><|"|>}', '{"a": "x \\"y\\"\\n\\\\ {b:1}, <|z|>"}'),
    ("{a:1,b:-2.5e3,c:true,d:null,e:None,f:False}",
     '{"a": 1, "b": -2500.0, "c": true, "d": null, "e": null, "f": false}'),
    ('{a:[],b:{},c:[[1,<|"|><|"|>],{d:{e:2}}]}',
     '{"a": [], "b": {}, "c": [[1, ""], {"d": {"e": 2}}]}'),
    (' { "a b" : 1 , <|"|>c:d<|"|> : [ 2 , 3 ] } '.strip(), '{"\\"a b\\"": 1, "c:d": [2, 3]}'),
    ("{größe:名前,x:NaN,y:1e999,z:}", '{"größe": "名前", "x": "NaN", "y": "1e999", "z": ""}'),
    ("{lost,a:1,also lost}", '{"a": 1}'),
    ("{a:[1,2},b:3]", '{"a": [1, 2], "b": 3}'),
    ('{a:<|"|>x<|"|>b:2}', '{"a": "x", "b": 2}'),
]  # fmt: skip


@pytest.mark.parametrize(("written", "expected"), WIRE)
def test_arguments_are_written_on_as_json_however_they_are_cut(written: str, expected: str):
    json.loads(expected)
    assert read_json(written + "<") == ("<", expected, True)
    assert read_json(*written) == ("", expected, True)
    for cut in range(len(written)):
        assert read_json(written[:cut], written[cut:]) == ("", expected, True)


@given(st.lists(st.sampled_from(['<|"|>', *'{}[],:<|">\n', "a", "1", "null"]), max_size=12))
def test_no_arguments_break_the_reader_and_complete_ones_are_json(pieces: list[str]):
    _, written, is_complete = read_json("{", *pieces)
    assert (written, is_complete) == read_json(*"{", *"".join(pieces))[1:]
    if is_complete:
        assert isinstance(json.loads(written), dict)


KEYS = st.text("abZ_- ö9$", min_size=1, max_size=4).filter(lambda key: key.strip() == key)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cn", "Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(arguments=st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_arguments_come_back_from_what_the_template_writes(arguments: dict[str, Any]):
    for name in NAMES:
        turn = learned(name, assistant(None, ("f", json.dumps(arguments))))
        (call,) = read(renderer_of(name), turn).tool_calls
        assert json.loads(call.arguments) == arguments


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("arguments", [{"a": 'x<|"|><escape>y'}, {"a:b": 1}, {" a": 1}, {"a}": 1}])
def test_what_could_not_be_read_back_is_refused(name: str, arguments: dict[str, Any]):
    with pytest.raises(InvalidRequestError, match="what message 1 says"):
        learned(name, assistant(None, ("f", json.dumps(arguments))))


@pytest.mark.parametrize("name", ["gemma4", "function-gemma"])
def test_calls_end_an_answer_where_their_results_would_begin(name: str):
    chat = renderer_of(name)
    turn = learned(name, assistant(None, ("f", "{}")))
    written = {
        "gemma4": "<|tool_call>call:f{}<tool_call|><|tool_response>",
        "function-gemma": "<start_function_call>call:f{}<end_function_call>"
        "<start_function_response>",
    }
    assert chat.decode(turn) == written[name]
