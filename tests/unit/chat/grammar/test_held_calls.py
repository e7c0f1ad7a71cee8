"""Whether a forced call could be what a model has learned to call."""

import pytest

from tests.tiny import assistant, user
from tests.unit.chat.families.test_round_trips import ARGUMENTS
from tests.unit.chat.templates import FAMILIES, renderer_of
from understudy.chat.grammar.held_calls import HeldCalls
from understudy.chat.messages import Message, Role, Tool

STRICT = Tool(
    name="f",
    is_strict=True,
    parameters={
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
        "required": ["a", "b"],
        "additionalProperties": False,
    },
)
ANY = Tool(name="g", parameters={"type": "object"})
WITH_TOOLS = [name for name, family in FAMILIES.items() if family.has_tools]


def complaint(name: str, *messages: Message, tools: tuple[Tool, ...] = (STRICT, ANY)) -> str | None:
    chat = renderer_of(name)
    said = [user("x"), *messages]
    trained = [message.role is Role.ASSISTANT for message in said]
    rendered = chat.training_ids(said, tools, trained)
    return HeldCalls(chat).complaint(said, tools, trained, rendered)


@pytest.mark.parametrize("name", WITH_TOOLS)
def test_every_call_that_follows_its_schema_could_be_forced(name: str):
    assert complaint(name, assistant(None, ("f", '{"a": 1, "b": "ä\\n"}'))) is None
    for arguments in ARGUMENTS:
        assert complaint(name, assistant(None, ("g", arguments))) is None
    assert complaint(name, assistant("No call.")) is None


@pytest.mark.parametrize("name", WITH_TOOLS)
@pytest.mark.parametrize(
    "arguments",
    ['{"b": "x", "a": 1}', '{"a": 1}', '{"a": "1", "b": ""}', '{"a": 1, "b": "", "c": 2}'],
)
def test_a_call_that_could_not_be_forced_is_shown_to_where_it_could(name: str, arguments: str):
    said = complaint(name, assistant(None, ("f", arguments)))
    if FAMILIES[name].sorts_keys and arguments.startswith('{"b": "x", "a"'):
        assert said is None
    else:
        assert said is not None
        assert "mismatch after" in said


def test_every_learned_turn_is_looked_at():
    call = assistant(None, ("f", '{"a": 1, "b": ""}'))
    wrong = assistant(None, ("f", '{"b": "", "a": 1}'))
    result = Message(role=Role.TOOL, content="r", tool_call_id="call_0", name="f")
    assert complaint("qwen2.5", call, result, call, result, assistant("end")) is None
    assert complaint("qwen2.5", call, result, wrong, result, assistant("end")) is not None


def test_calls_of_tools_that_are_not_declared_are_not_judged():
    assert complaint("qwen2.5", assistant(None, ("h", "{}"))) is None
    assert complaint("qwen2.5", assistant(None, ("h", "{}")), tools=()) is None


def test_a_schema_that_nothing_can_follow_is_named():
    hopeless = Tool(name="f", parameters={"type": "object", "properties": {"a": {"$ref": "#/x"}}})
    said = complaint("qwen2.5", assistant(None, ("f", "{}")), tools=(hopeless,))
    assert said is not None
    assert "'/x' does not exist" in said
