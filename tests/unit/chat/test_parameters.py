"""Calls whose arguments stand between tags: Qwen 3.5 and GLM 4.5."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tiny import assistant, user
from tests.unit.chat.families import WITH_PARAMETERS, renderer_of
from tests.unit.chat.test_families import read, trained_turns
from understudy.chat.deltas import TextDelta, ToolCallDelta
from understudy.chat.formats import ARGUMENT_TAGS, FUNCTION_TAGS, AnswerForm, CallForm
from understudy.chat.messages import Message, Tool
from understudy.chat.parser import machine
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


def learned(name: str, message: Message) -> list[int]:
    chat = renderer_of(name)
    (turn,) = trained_turns(chat.training_ids([user("x"), message], [TOOL], [False, True]))
    return turn


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
        ids = learned(name, call)
        parser = chat.answer_parser(tools=[TOOL])
        deltas = [delta for id in ids[:-1] for delta in parser.feed(id)] + parser.finish()
        made = [delta for delta in deltas if isinstance(delta, ToolCallDelta)]
        assert json.loads("".join(delta.arguments for delta in made)) == json.loads(arguments)


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_text_and_several_calls_are_kept_apart(name: str):
    message = assistant("Let me see.", ("f", "{}"), ("f", '{"text": "a"}'))
    made = read(renderer_of(name), learned(name, message))
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
