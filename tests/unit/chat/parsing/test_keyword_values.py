"""Calls whose arguments are those of a Python call: LFM2."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tiny import assistant, user
from tests.unit.chat.families.test_round_trips import read, trained_turns
from tests.unit.chat.templates import renderer_of
from understudy.chat.messages import Message, Tool
from understudy.chat.parsing.keyword_values import KeywordReader
from understudy.errors import InvalidRequestError

NAMES = ["lfm2-calls", "lfm2.5"]
ANY = Tool(name="f", parameters={"type": "object"})


def learned(name: str, message: Message, *tools: Tool) -> list[int]:
    chat = renderer_of(name)
    example = chat.training_ids([user("x"), message], tools or [ANY], [False, True])
    (turn,) = trained_turns(example)
    return turn


def read_json(*pieces: str) -> tuple[str, str, bool]:
    """What was not read, the JSON, and whether it is complete."""
    reader = KeywordReader()
    left, written = "", ""
    for piece in pieces:
        left, more = reader.read(left + piece)
        written += more
    return left, written, reader.is_complete


WIRE = [
    ("()", "{}"),
    ("(a='x', b=1)", '{"a": "x", "b": 1}'),
    ('( a = "it\'s, (so)" ,b=-2.5e3 )', '{"a": "it\'s, (so)", "b": -2500.0}'),
    (r"(a='it\'s \"x\"\n\\ \t\q')", r'{"a": "it' + r"'" + r's \"x\"\n\\ \t\\q"}'),
    (r"(a='\u00e9\x41\ud83d\ude00\U0001f600\ud83d\u12')", '{"a": "éA😀😀\\\\ud83d\\\\u12"}'),
    ("(a=True,b=False,c=None,d=true,e=null)",
     '{"a": true, "b": false, "c": null, "d": true, "e": null}'),
    ("(a=[], b={}, c=[[1, 'x)'], {\"d\": {\"e\": true}}])",
     json.dumps({"a": [], "b": {}, "c": "[[1, 'x)'], {\"d\": {\"e\": true}}]"})),
    ("(a=['x', 'it\\'s'], b={'c': None}, d=(1, 2))",
     '{"a": ["x", "it\'s"], "b": {"c": null}, "d": [1, 2]}'),
    ("(größe=名前, x=NaN, y=1e999, z=)", '{"größe": "名前", "x": "NaN", "y": "1e999", "z": ""}'),
    ("('lost, (1', a=1, also lost, b=2)", '{"a": 1, "b": 2}'),
    ("(a='it's, isn't it', b='dogs'' , c='x')",
     '{"a": "it\'s, isn\'t it", "b": "dogs\'", "c": "x"}'),
    ("(a=b(c=1, d=2), e=3,)", '{"a": "b(c=1, d=2)", "e": 3}'),
    ('(a=["\\ud800"])', '{"a": "[\\"\\\\ud800\\"]"}'),
]  # fmt: skip


@pytest.mark.parametrize(("written", "expected"), WIRE)
def test_arguments_are_written_on_as_json_however_they_are_cut(written: str, expected: str):
    json.loads(expected)
    assert read_json(written + "<") == ("<", expected, True)
    assert read_json(*written) == ("", expected, True)
    for cut in range(len(written)):
        assert read_json(written[:cut], written[cut:]) == ("", expected, True)


@given(st.lists(st.sampled_from([*"(){}[],=:'\"\\ nxu0", "a", "1", "\\ud83d"]), max_size=14))
def test_no_arguments_break_the_reader_and_complete_ones_are_json(pieces: list[str]):
    _, written, is_complete = read_json("(", *pieces)
    whole = read_json("(" + "".join(pieces))
    assert is_complete == whole[2]
    if is_complete:
        assert written == whole[1]
        assert isinstance(json.loads(written), dict)


KEYS = st.text("abZ_- ö9$", min_size=1, max_size=4).filter(lambda key: key.strip() == key)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
# LFM2.5's template escapes neither apostrophes nor backslashes; what cannot be read is refused.
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cn", "Cs"], exclude_characters="'\\"),
    max_size=8,
)
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


@given(text=st.text("a'\\\n\r\t,)\"n", max_size=8))
def test_any_text_comes_back_from_a_template_that_escapes(text: str):
    turn = learned("lfm2-calls", assistant(None, ("f", json.dumps({"a": text, "b": [text]}))))
    (call,) = read(renderer_of("lfm2-calls"), turn).tool_calls
    assert json.loads(call.arguments) == {"a": text, "b": [text]}


@pytest.mark.parametrize("text", ["a\\n", "x', y='z", "boys', he said"])
def test_a_text_that_a_template_without_escapes_makes_ambiguous_is_refused(text: str):
    with pytest.raises(InvalidRequestError, match="what message 1 says"):
        learned("lfm2.5", assistant(None, ("f", json.dumps({"a": text}))))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("arguments", [{"a=b": 1}, {" a": 1}, {"a)": 1}])
def test_what_could_not_be_read_back_is_refused(name: str, arguments: dict[str, Any]):
    with pytest.raises(InvalidRequestError, match="what message 1 says"):
        learned(name, assistant(None, ("f", json.dumps(arguments))))


@pytest.mark.parametrize(
    ("name", "written"),
    [("lfm2-calls", "a='it\\'s', b=[true, \"x\"]"), ("lfm2.5", "a='it's', b=[True, 'x']")],
)
def test_an_answer_is_written_as_the_template_writes_it(name: str, written: str):
    message = assistant(
        "Let me see.", ("f", '{"a": "it\'s", "b": [true, "x"]}'), ("f", '{"c": null}')
    )
    assert renderer_of(name).decode(learned(name, message)) == (
        f"Let me see.<|tool_call_start|>[f({written}), f(c=None)]<|tool_call_end|><|im_end|>"
    )
