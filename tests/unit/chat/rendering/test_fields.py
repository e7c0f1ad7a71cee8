"""Each field that OpenAI's own message types have, alone, in training data on every template."""

import json
from collections.abc import Mapping
from itertools import compress
from typing import Any

import pytest

from tests.unit.chat.rendering.test_own_prompts import both
from tests.unit.chat.templates import FAMILIES, SHIPPED
from understudy.chat.rendering.refusals import NoToolCallsError
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.data.examples import ChatExample
from understudy.data.files.parse import parse_chat_file
from understudy.data.training_rows import training_rows
from understudy.errors import InvalidRequestError

FUNCTION = {
    "name": "get_weather",
    "description": "The weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
TOOLS = [{"type": "function", "function": FUNCTION}]
USER = {"role": "user", "content": "weather?"}
ANSWER = {"role": "assistant", "content": "Sunny."}
SYSTEM = {"role": "system", "content": "Be brief."}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
}
CALLED = {"role": "assistant", "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}
ASKED_AGAIN = {**CALL, "id": "call_2"}
IN_OLD_FORM = {"role": "assistant", "content": None, "function_call": CALL["function"]}


def text(said: str, **more: object) -> list[dict[str, object]]:
    return [{"type": "text", "text": said, **more}]


def chat(*messages: Mapping[str, Any], **keys: object) -> dict[str, object]:
    return {"messages": list(messages), **keys}


PLAIN = {
    "user name": chat(USER | {"name": "ann"}, ANSWER),
    "user parts": chat(USER | {"content": text("weather?")}, ANSWER),
    "breakpoint": chat(
        USER | {"content": text("weather?", prompt_cache_breakpoint={"mode": "explicit"})}, ANSWER
    ),
    "assistant name": chat(USER, ANSWER | {"name": "bob"}),
    "assistant parts": chat(USER, ANSWER | {"content": text("Sunny.")}),
    "refusal": chat(USER, {"role": "assistant", "content": None, "refusal": "Sunny."}),
    "refusal part": chat(
        USER, {"role": "assistant", "content": [{"type": "refusal", "refusal": "Sunny."}]}
    ),
    "nothing in the others": chat(
        USER,
        ANSWER
        | {"refusal": None, "audio": None, "function_call": None, "tool_calls": None}
        | {"annotations": []},
    ),
    "weight": chat(USER, ANSWER | {"weight": 1}),
}
INSTRUCTED = {
    "system": chat(SYSTEM, USER, ANSWER),
    "developer": chat(SYSTEM | {"role": "developer"}, USER, ANSWER),
    "system name": chat(SYSTEM | {"name": "boss"}, USER, ANSWER),
    "system parts": chat(SYSTEM | {"content": text("Be brief.")}, USER, ANSWER),
}
CALLING = {
    "tools": chat(USER, ANSWER, tools=TOOLS, parallel_tool_calls=False),
    "bare tool": chat(
        USER, CALLED, tools=[{"type": "function", "function": {"name": "get_weather"}}]
    ),
    "strict tool": chat(
        USER, CALLED, tools=[{"type": "function", "function": {**FUNCTION, "strict": True}}]
    ),
    "caller name": chat(USER, CALLED | {"name": "bob"}, tools=TOOLS),
    "result": chat(USER, CALLED, RESULT | {"content": text("sunny")}, ANSWER, tools=TOOLS),
    "result name": chat(USER, CALLED, RESULT | {"name": "get_weather"}, ANSWER, tools=TOOLS),
    "functions": chat(
        USER,
        IN_OLD_FORM,
        {"role": "function", "name": "get_weather", "content": None},
        ANSWER,
        functions=[FUNCTION],
    ),
}
BOTH = {
    "content beside calls": chat(USER, CALLED | {"content": "I look."}, tools=TOOLS),
    "several calls": chat(
        USER,
        {"role": "assistant", "tool_calls": [CALL, ASKED_AGAIN]},
        RESULT,
        RESULT | {"tool_call_id": "call_2"},
        ANSWER,
        tools=TOOLS,
    ),
    "assistant first": chat(ANSWER, USER, ANSWER),
}
WAYS_OUT = dict.fromkeys(INSTRUCTED, "Message 1 has the role system") | {
    "content beside calls": 'Message 2 has "content" beside "tool_calls"',
    "several calls": 'Message 2 has 2 entries in "tool_calls"',
    "assistant first": "Message 1 has the role assistant",
}


def example_of(line: Mapping[str, object]) -> ChatExample:
    parsed = parse_chat_file([json.dumps(line).encode()])
    assert parsed.problems == ()
    (example,) = parsed.examples
    return example


def refusal_of(line: Mapping[str, object], renderer: ChatRenderer) -> InvalidRequestError | None:
    try:
        training_rows(example_of(line), renderer, splits_turns=True)
    except InvalidRequestError as error:
        return error
    return None


# These differ in what they refuse; what else there is takes seconds together.
QUICK = {*SHIPPED, "built-in", "qwen3", "llama3.1", "gemma", "gemma4-before", "gpt-oss", "smollm2"}
EVERY = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in FAMILIES]


@pytest.mark.parametrize("family", EVERY)
def test_a_field_is_learned_on_every_template_or_refused_by_its_own_name(family: str):
    renderer, _ = both(family)
    for name, line in PLAIN.items():
        (row,) = training_rows(example_of(line), renderer, splits_turns=True)
        learned = renderer.decode([*compress(row.rendered.ids, row.rendered.trained)])
        assert "Sunny." in learned, name
    for name, line in (INSTRUCTED | BOTH | CALLING).items():
        refused = refusal_of(line, renderer)
        if isinstance(refused, NoToolCallsError):
            assert name in CALLING | BOTH, name
            assert "'tools'" in refused.message, name
        elif refused is not None:
            assert name not in CALLING, refused.message
            assert refused.message.startswith(WAYS_OUT[name]), (name, refused.message)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (chat(USER, ANSWER | {"audio": {"id": "audio_1"}}), 'message 2, key "audio": models here'),
        (
            chat(USER | {"content": [{"type": "file", "file": {"file_id": "file-1"}}]}, ANSWER),
            "part of type 'file' is not supported; leave it out, or write what it says",
        ),
        (
            chat(USER | {"content": [{"type": "input_audio", "input_audio": {}}]}, ANSWER),
            "part of type 'input_audio' is not supported; leave it out, or write what it says",
        ),
        (
            chat(USER, {"role": "assistant", "tool_calls": [{"id": "c", "type": "custom"}]}),
            'key "tool_calls[0]": calls of custom tools are not supported; write it with',
        ),
        (
            chat(USER, ANSWER, tools=[{"type": "custom", "custom": {"name": "f"}}]),
            'key "tools[0]": custom tools are not supported; write it with the type',
        ),
        (
            chat(USER, ANSWER | {"refusal": "No."}),
            'message 2 gives both "content" and "refusal"; write what the assistant says in one',
        ),
    ],
)
def test_what_no_model_here_has_a_place_for_is_named_with_the_way_out(
    line: dict[str, object], complaint: str
):
    (problem,) = parse_chat_file([json.dumps(line).encode()]).problems
    assert complaint in problem.message
