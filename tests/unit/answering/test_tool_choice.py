"""What the words about tools in a chat request come to."""

import pytest

from understudy.answering.plan import AnswerPlan, plan_chat
from understudy.chat.answer_shape import FreeText, JsonObject, JsonSchema, ToolUse
from understudy.errors import InvalidRequestError
from understudy.schemas.chat.request import CreateChatCompletion

HELLO = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
NAMES = ("f", "g", "h")
TOOLS = [{"type": "function", "function": {"name": name}} for name in NAMES]
FUNCTIONS = [{"name": name} for name in NAMES]
NAMED = {"type": "function", "function": {"name": "g"}}


def allowed(mode: str, *names: str) -> dict:
    tools = [{"type": "function", "function": {"name": name}} for name in names]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}


def plan(**fields: object) -> AnswerPlan:
    return plan_chat(CreateChatCompletion.model_validate(HELLO | fields))


@pytest.mark.parametrize(
    ("choice", "use", "names"),
    [
        (None, ToolUse.MAY, None),
        ("auto", ToolUse.MAY, None),
        ("required", ToolUse.MUST, None),
        (NAMED, ToolUse.MUST, ("g",)),
        (allowed("auto", "f", "h"), ToolUse.MAY, ("f", "h")),
        (allowed("required", "h", "h"), ToolUse.MUST, ("h",)),
    ],
)
def test_every_form_of_the_choice_is_read(choice: object, use: ToolUse, names: tuple | None):
    decided = plan(tools=TOOLS, tool_choice=choice)
    assert (decided.tool_choice.use, decided.tool_choice.names) == (use, names)
    assert [tool.name for tool in decided.tools] == list(NAMES)


def test_a_call_that_was_named_is_a_single_one_and_ends_with_stop():
    named = plan(tools=TOOLS, tool_choice=NAMED)
    assert not named.tool_choice.is_parallel
    assert named.call_finish_reason == "stop"
    assert plan(tools=TOOLS, tool_choice="required").tool_choice.is_parallel
    assert plan(tools=TOOLS, tool_choice="required").call_finish_reason == "tool_calls"
    one = plan(tools=TOOLS, tool_choice="required", parallel_tool_calls=False)
    assert not one.tool_choice.is_parallel


def test_without_tools_or_with_none_nothing_is_called():
    for decided in (plan(), plan(tools=TOOLS, tool_choice="none"), plan(tool_choice="none")):
        assert decided.tool_choice.use is ToolUse.NEVER
        assert decided.tools == ()


@pytest.mark.parametrize(
    ("choice", "use", "names", "reason"),
    [
        (None, ToolUse.MAY, None, "function_call"),
        ("auto", ToolUse.MAY, None, "function_call"),
        ("none", ToolUse.NEVER, None, "function_call"),
        ({"name": "g"}, ToolUse.MUST, ("g",), "stop"),
    ],
)
def test_functions_are_tools_of_which_one_is_called(
    choice: object, use: ToolUse, names: tuple | None, reason: str
):
    decided = plan(functions=FUNCTIONS, function_call=choice)
    assert decided.has_legacy_calls
    assert (decided.tool_choice.use, decided.tool_choice.names) == (use, names)
    assert not decided.tool_choice.is_parallel
    assert decided.call_finish_reason == reason
    assert len(decided.tools) == (0 if use is ToolUse.NEVER else 3)


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "x"}}},
         "invalid_value", "tool_choice"),
        ({"tools": TOOLS, "tool_choice": {"type": "function"}},
         "missing_required_parameter", "tool_choice.function"),
        ({"tools": TOOLS, "tool_choice": {"type": "allowed_tools"}},
         "missing_required_parameter", "tool_choice.allowed_tools"),
        ({"tools": TOOLS, "tool_choice": {"type": "custom"}},
         "unsupported_value", "tool_choice.type"),
        ({"tools": TOOLS, "tool_choice": allowed("auto", "f", "x")},
         "invalid_value", "tool_choice"),
        ({"tools": TOOLS, "function_call": "auto"}, "invalid_value", "function_call"),
        ({"tools": [*TOOLS, TOOLS[1]]}, "invalid_value", "tools[3]"),
        ({"tools": TOOLS, "functions": FUNCTIONS}, "invalid_value", "tools"),
        ({"functions": FUNCTIONS, "tool_choice": "auto"}, "invalid_value", "tool_choice"),
        ({"functions": FUNCTIONS, "function_call": {"name": "x"}},
         "invalid_value", "function_call"),
        ({"functions": [FUNCTIONS[0]] * 2}, "invalid_value", "functions[1]"),
        ({"response_format": {"type": "json_schema"}},
         "missing_required_parameter", "response_format.json_schema"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
         "missing_required_parameter", "response_format.json_schema.schema"),
    ],
)  # fmt: skip
def test_contradictions_are_refused(fields: dict, code: str, param: str):
    with pytest.raises(InvalidRequestError) as refused:
        plan(**fields)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_an_unknown_tool_is_named():
    with pytest.raises(InvalidRequestError, match="no function named 'x' was specified in the"):
        plan(tools=TOOLS, tool_choice={"type": "function", "function": {"name": "x"}})


def test_the_form_of_the_text_is_read():
    assert plan().text_form == plan(response_format={"type": "text"}).text_form == FreeText()
    assert plan(response_format={"type": "json_object"}).text_form == JsonObject()
    named = {"name": "n", "schema": {"type": "object"}, "strict": False}
    asked = {"type": "json_schema", "json_schema": named}
    expected = JsonSchema(name="n", schema={"type": "object"}, is_strict=False)
    assert plan(response_format=asked).text_form == expected
