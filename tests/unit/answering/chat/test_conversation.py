"""What may stand in the messages of a chat request, and what is said of the rest."""

import pytest

from understudy.answering.chat.conversation import conversation
from understudy.chat.messages import Message, Role, ToolCall
from understudy.errors import InvalidRequestError
from understudy.schemas.chat.request import CreateChatCompletion
from understudy.server.http.json_body import parse_body


def read(*messages: dict) -> tuple[Message, ...]:
    return conversation(
        CreateChatCompletion.model_validate({"model": "m", "messages": list(messages)}).messages
    )


def call(id: str, arguments: str = "{}") -> dict:
    return {"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}}


def calling(*ids: str) -> dict:
    return {"role": "assistant", "content": None, "tool_calls": [call(id) for id in ids]}


def result(id: str) -> dict:
    return {"role": "tool", "tool_call_id": id, "content": "r"}


USER = {"role": "user", "content": "hi"}


def test_every_role_becomes_a_turn():
    assert read({"role": "developer", "content": "d"}, USER, calling("a"), result("a")) == (
        Message(role=Role.SYSTEM, content="d"),
        Message(role=Role.USER, content="hi"),
        Message(
            role=Role.ASSISTANT,
            content=None,
            tool_calls=(ToolCall(id="a", name="f", arguments="{}"),),
        ),
        Message(role=Role.TOOL, content="r", tool_call_id="a"),
    )


def test_fields_of_answers_that_are_sent_back_are_passed_over():
    echoed = {
        "role": "assistant",
        "content": "x",
        "refusal": None,
        "annotations": [],
        "audio": None,
    }
    assert read(USER, echoed | {"function_call": None, "tool_calls": None})[1].content == "x"


@pytest.mark.parametrize("content", [None, ""])
def test_a_refusal_that_is_sent_back_as_it_came_is_what_the_assistant_said(content: str | None):
    echoed = {"role": "assistant", "content": content, "refusal": "I can't help with that."}
    assert read(USER, echoed, USER)[1].content == "I can't help with that."


def test_results_may_come_in_any_order():
    assert len(read(USER, calling("a", "b"), result("b"), result("a"))) == 4


LEGACY_CALL = {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}


def test_a_call_of_the_form_before_tools_is_answered_by_its_functions_name():
    _, made, answered = read(USER, LEGACY_CALL, {"role": "function", "name": "f", "content": "x"})
    assert [call.name for call in made.tool_calls] == ["f"]
    assert answered.role is Role.TOOL
    assert answered.tool_call_id == made.tool_calls[0].id


IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([{"role": "user", "content": None}], "messages[0].content"),
        ([{"role": "user"}], "messages[0].content"),
        ([{"role": "assistant", "content": None}], "messages[0].content"),
        ([{"role": "user", "content": [{"type": "text", "text": "a"}, IMAGE]}],
         "messages[0].content[1].image_url"),
        ([{"role": "user", "content": [{"type": "text"}]}], "messages[0].content[0].text"),
        ([{"role": "user", "content": [{"type": "refusal", "refusal": "no"}]}],
         "messages[0].content[0].refusal"),
        ([{"role": "assistant", "content": "Yes.", "refusal": "No."}], "messages[0].refusal"),
        ([{"role": "assistant", "content": None, "refusal": ""}], "messages[0].content"),
        ([{"role": "function", "name": "f", "content": "x"}], "messages[0].name"),
        ([USER, LEGACY_CALL, {"role": "function", "name": "g", "content": "x"}],
         "messages[2].name"),
        ([USER, LEGACY_CALL, USER], "messages.[1].role"),
        ([USER, LEGACY_CALL | {"tool_calls": [call("a")]}], "messages[1].function_call"),
        ([USER, LEGACY_CALL | {"function_call": {"name": "f", "arguments": "5"}}],
         "messages[1].function_call.arguments"),
        ([{"role": "assistant", "tool_calls": [call("a", "nonsense")]}],
         "messages[0].tool_calls[0].function.arguments"),
        ([{"role": "assistant", "tool_calls": [call("a", "[1]")]}],
         "messages[0].tool_calls[0].function.arguments"),
        ([{"role": "assistant", "tool_calls": [{"id": "a", "type": "custom"}]}],
         "messages[0].tool_calls[0].type"),
        ([{"role": "tool", "content": "x"}], "messages[0].tool_call_id"),
        ([USER, result("a")], "messages.[1].role"),
        ([USER, calling("a"), result("b")], "messages.[2].role"),
        ([USER, calling("a"), result("a"), result("a")], "messages.[3].role"),
        ([USER, calling("a"), USER], "messages.[1].role"),
        ([USER, calling("a", "b"), result("a")], "messages.[1].role"),
    ],
)  # fmt: skip
def test_a_wrong_message_is_named_by_its_path(messages: list[dict], param: str):
    with pytest.raises(InvalidRequestError) as refused:
        read(*messages)
    assert refused.value.param == param


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ('{"messages": []}', "empty_array", "messages"),
        ('{"messages": "hi"}', "invalid_type", "messages"),
        ('{"messages": ["hi"]}', "invalid_type", "messages[0]"),
        ('{"messages": [{}]}', "missing_required_parameter", "messages[0].role"),
        ('{"messages": [{"role": "robot"}]}', "invalid_value", "messages[0].role"),
        (
            '{"messages": [{"role": "user", "content": 3}]}',
            "invalid_type",
            "messages[0].content",
        ),
        (
            '{"messages": [{"role": "user", "content": [3]}]}',
            "invalid_type",
            "messages[0].content[0]",
        ),
        ("{}", "missing_required_parameter", "messages"),
    ],
)
def test_a_wrong_shape_is_named_by_its_path(body: str, code: str, param: str):
    with pytest.raises(InvalidRequestError) as refused:
        parse_body(body.encode(), CreateChatCompletion)
    assert (refused.value.code, refused.value.param) == (code, param)
