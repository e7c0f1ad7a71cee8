"""Calls whose arguments stand between tags: Qwen 3.5 and GLM 4.5."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tiny import assistant, user
from tests.unit.chat.families.test_round_trips import read, trained_turns
from tests.unit.chat.templates import WITH_PARAMETERS, renderer_of
from understudy.chat.answer_shape import FreeText, ToolChoice, ToolUse
from understudy.chat.families.call_forms import ARGUMENT_TAGS, FUNCTION_TAGS, CallForm
from understudy.chat.families.formats import AnswerForm
from understudy.chat.grammar.compiling import compile_grammar, grammar_tokenizer
from understudy.chat.messages import Message, Tool
from understudy.chat.parsing.deltas import TextDelta, ToolCallDelta
from understudy.chat.parsing.parameters import as_json
from understudy.chat.parsing.parser import machine
from understudy.errors import InvalidRequestError

TOOL = Tool(
    name="f",
    parameters={
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "count": {"type": "integer"},
            "share": {"type": "number"},
            "exact": {"type": "boolean"},
            "list": {"type": "array", "items": {}},
            "inner": {"type": "object"},
            "maybe": {"type": ["string", "null"]},
            "kind": {"enum": ["1", "2"]},
        },
    },
)
ARGUMENTS = [
    "{}",
    '{"text": "Paris"}',
    '{"text": "12", "count": 12, "share": -1.5, "exact": true}',
    '{"text": "a\\n\\n  <b> \\"q\\" \\\\ 東京", "kind": "2"}',
    '{"list": [1, "a", null, {"b": "}"}], "inner": {"x": {"y": "<"}}, "maybe": null}',
    '{"maybe": "12", "free": "as it is"}',
]


def learned(name: str, message: Message, *tools: Tool) -> tuple[list[int], list[int]]:
    """The ids of a turn's prompt, and of the turn."""
    chat = renderer_of(name)
    example = chat.training_ids([user("x"), message], tools or [TOOL], [False, True])
    (turn,) = trained_turns(example)
    return example.ids[: example.trained.index(True)], turn


def read_calls(form: CallForm, *pieces: str) -> tuple[str, list[tuple[str, str]]]:
    reader = machine(AnswerForm(calls=form), tools=[TOOL])
    deltas = [delta for piece in pieces for delta in reader.feed(piece)] + reader.finish()
    text = "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))
    names = [d.name for d in deltas if isinstance(d, ToolCallDelta) and d.name is not None]
    calls = [
        (
            name,
            "".join(d.arguments for d in deltas if isinstance(d, ToolCallDelta) and d.index == i),
        )
        for i, name in enumerate(names)
    ]
    return text, calls


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_calls_are_read_back_with_the_types_of_their_schema(name: str):
    chat = renderer_of(name)
    for arguments in ARGUMENTS:
        call = assistant(None, ("f", arguments))
        prompt, ids = learned(name, call)
        parser = chat.answer_parser(prompt=prompt, tools=[TOOL])
        deltas = [delta for id in ids[:-1] for delta in parser.feed(id)] + parser.finish()
        made = [delta for delta in deltas if isinstance(delta, ToolCallDelta)]
        assert json.loads("".join(delta.arguments for delta in made)) == json.loads(arguments)


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_text_and_several_calls_are_kept_apart(name: str):
    message = assistant("Let me see.", ("f", "{}"), ("f", '{"text": "a"}'))
    prompt, ids = learned(name, message)
    made = read(renderer_of(name), ids, prompt)
    assert made.content == "Let me see."
    assert [call.arguments for call in made.tool_calls] == ["{}", '{"text": "a"}']


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_a_value_that_holds_the_mark_of_its_end_is_refused(name: str):
    hidden = json.dumps({"text": "a\n</parameter> and </arg_value>"})
    with pytest.raises(InvalidRequestError, match="what message 1 says"):
        learned(name, assistant(None, ("f", hidden)))


QWEN = (
    "See:\n\n<tool_call>\n<function=f>\n<parameter=text>\na\n</b\n</parameter>\n<parameter=count>\n"
    "12\n</parameter>\n</function>\n</tool_call>\n<tool_call>\n<function=g>\n</function>\n"
    "</tool_call>"
)
GLM = (
    "See:\n<tool_call>f\n<arg_key>text</arg_key>\n<arg_value>a\n</b</arg_value>\n"
    "<arg_key>count</arg_key>\n<arg_value>12</arg_value>\n</tool_call>\n<tool_call>g\n</tool_call>"
)
CALLS = [("f", '{"text": "a\\n</b", "count": 12}'), ("g", "{}")]


@pytest.mark.parametrize(("form", "written"), [(FUNCTION_TAGS, QWEN), (ARGUMENT_TAGS, GLM)])
def test_every_split_gives_the_same(form: CallForm, written: str):
    assert read_calls(form, written) == ("See:", CALLS)
    for cut in range(len(written)):
        assert read_calls(form, written[:cut], written[cut:]) == ("See:", CALLS)
    assert read_calls(form, *written) == ("See:", CALLS)


@given(st.lists(st.integers(0, len(QWEN)), max_size=6))
def test_any_splits_give_the_same(cuts: list[int]):
    borders = [0, *sorted(cuts), len(QWEN)]
    pieces = [QWEN[a:b] for a, b in pairwise(borders)]
    assert read_calls(FUNCTION_TAGS, *pieces) == ("See:", CALLS)


@pytest.mark.parametrize("written", ["<tool_call>\nnot a call\n</tool_call>", "<tool_call>{}", "<"])
def test_what_is_no_call_is_text(written: str):
    assert read_calls(FUNCTION_TAGS, written) == (written, [])


def test_words_of_python_are_read_as_what_they_mean():
    written = QWEN.replace("count>\n12", "exact>\nTrue").replace("text>\na\n</b", "maybe>\nNone")
    assert read_calls(FUNCTION_TAGS, written)[1][0] == ("f", '{"maybe": null, "exact": true}')


@pytest.mark.parametrize("written", [r'["\ud800"]', r'{"\udfff": 1}', "[" * 100_000])
def test_a_value_that_cannot_be_sent_is_the_text_that_it_is(written: str):
    assert json.loads(as_json(written, frozenset({"array", "object", "string"}))) == written


STRICT = Tool(
    name="g",
    is_strict=True,
    parameters={
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "count": {"type": "integer", "maximum": 99},
            "unit": {"enum": ["celsius", "fahrenheit"]},
            "exact": {"type": "boolean"},
            "at": {"$ref": "#/$defs/point"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["text", "count", "unit", "exact", "at", "note"],
        "additionalProperties": False,
        "$defs": {
            "point": {
                "type": "object",
                "properties": {"x": {"type": "number"}},
                "required": ["x"],
                "additionalProperties": False,
            }
        },
    },
)
RIGHT = {
    "text": "a <b>\n\n東京",
    "count": 5,
    "unit": "celsius",
    "exact": True,
    "at": {"x": 1.5},
    "note": None,
}
MUST = ToolChoice(use=ToolUse.MUST, names=None, is_parallel=True)
MAY = ToolChoice(use=ToolUse.MAY, names=None, is_parallel=True)


def accepts(name: str, message: Message, choice: ToolChoice) -> bool:
    chat = renderer_of(name)
    tools = [TOOL, STRICT]
    prompt, turn = learned(name, message, *tools)
    grammar = chat.grammar(tools, choice, FreeText(), prompt=prompt)
    assert grammar is not None
    matcher = compile_grammar(grammar_tokenizer(chat.vocabulary), grammar.text)
    count = matcher.try_consume_tokens(turn[:-1])
    return count == len(turn) - 1 and matcher.is_accepting()


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_forced_calls_are_held_to_their_schema(name: str):
    right = assistant(None, ("g", json.dumps(RIGHT)), ("f", '{"text": "x", "count": 3}'))
    assert accepts(name, right, MUST)
    assert accepts(name, right, MAY)
    for wrong in (
        RIGHT | {"count": 100},
        RIGHT | {"unit": "kelvin"},
        RIGHT | {"at": {"x": 1, "y": 2}},
        RIGHT | {"more": 1},
        {key: value for key, value in RIGHT.items() if key != "note"},
        dict(reversed(RIGHT.items())),
    ):
        assert not accepts(name, assistant(None, ("g", json.dumps(wrong))), MUST)


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_text_passes_only_where_no_call_is_forced(name: str):
    for message in (assistant("No call."), assistant("Let me see.", ("g", json.dumps(RIGHT)))):
        assert accepts(name, message, MAY)
        assert not accepts(name, message, MUST)


def test_what_a_plain_text_cannot_be_held_to_is_refused_of_strict_tools():
    rules = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^a+$"}}}
    strict = Tool(name="f", parameters=rules | {"required": ["a"]}, is_strict=True)
    with pytest.raises(InvalidRequestError, match="'a' as plain text"):
        renderer_of("qwen3.5").grammar([strict], MUST, FreeText(), prompt=())
    loose = Tool(name="f", parameters=rules)
    assert renderer_of("qwen3.5").grammar([loose], MUST, FreeText(), prompt=()) is not None
