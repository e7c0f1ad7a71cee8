"""What the grammars of the families let through, by the ids that training and serving share."""

import json
from functools import cache

import pytest
from llguidance import LLTokenizer

from tests.tiny import assistant, user
from tests.unit.chat.families.test_round_trips import ARGUMENTS, trained_turns
from tests.unit.chat.templates import FAMILIES, renderer_of
from understudy.chat.answer_shape import (
    FreeText,
    JsonObject,
    JsonSchema,
    TextForm,
    ToolChoice,
    ToolUse,
)
from understudy.chat.grammar.compiling import compile_grammar, grammar_tokenizer
from understudy.chat.messages import Message, Role, Tool
from understudy.errors import InvalidRequestError

WITH_TOOLS = [name for name, family in FAMILIES.items() if family.has_tools]
ANYTHING = {"type": "object"}
TOOLS = (
    Tool(name="get_weather", parameters=ANYTHING, is_strict=True),
    Tool(name="get", parameters=ANYTHING, is_strict=True),
)
CALL = assistant(None, ("get_weather", ARGUMENTS[1]))
THOUGHT = "2 + 2\n\nis <b>4</b>"
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
    "required": ["a", "b"],
    "additionalProperties": False,
}
STRICT = JsonSchema(name="s", schema=SCHEMA, is_strict=True)


def choice(use: ToolUse, *names: str, is_parallel: bool = True) -> ToolChoice:
    return ToolChoice(use=use, names=names or None, is_parallel=is_parallel)


MAY, MUST, NEVER = choice(ToolUse.MAY), choice(ToolUse.MUST), choice(ToolUse.NEVER)


@cache
def tokenizer_of(name: str) -> LLTokenizer:
    return grammar_tokenizer(renderer_of(name).vocabulary)


def accepts(
    name: str,
    message: Message,
    wanted: ToolChoice = MAY,
    form: TextForm | None = None,
    tools: tuple[Tool, ...] = TOOLS,
) -> bool:
    """Whether the family's grammar lets the model write what the template writes."""
    chat = renderer_of(name)
    shown = tools if FAMILIES[name].has_tools else ()
    example = chat.training_ids([user("x"), message], shown, [False, True])
    (turn,) = trained_turns(example)
    grammar = chat.grammar(shown, wanted, form or FreeText(), prompt=())
    assert grammar is not None
    matcher = compile_grammar(tokenizer_of(name), grammar.text)
    count = matcher.try_consume_tokens(turn[:-1])
    return count == len(turn) - 1 and matcher.is_accepting()


@pytest.mark.parametrize("name", WITH_TOOLS)
def test_calls_pass_as_the_template_writes_them(name: str):
    for arguments in ARGUMENTS:
        call = assistant(None, ("get_weather", arguments))
        assert accepts(name, call, MAY)
        assert accepts(name, call, MUST)
        assert accepts(name, call, choice(ToolUse.MUST, "get_weather"))
        assert accepts(name, call, choice(ToolUse.MUST, is_parallel=False))


@pytest.mark.parametrize("name", WITH_TOOLS)
def test_other_calls_than_those_allowed_do_not(name: str):
    only = choice(ToolUse.MAY, "get")
    assert not accepts(name, CALL, only)
    assert not accepts(name, CALL, choice(ToolUse.MUST, "get"))
    assert accepts(name, assistant(None, ("get", "{}")), only)
    assert not accepts(name, assistant(None, ("get_weathers", "{}")), MAY)


@pytest.mark.parametrize("name", WITH_TOOLS)
def test_text_passes_unless_a_call_is_required(name: str):
    for text in ("It is sunny.", "1 < 2 and\n\n<b>", "Ça va: 東京 🌞"):
        assert accepts(name, assistant(text), MAY)
        assert not accepts(name, assistant(text), MUST)


@pytest.mark.parametrize("name", [n for n in WITH_TOOLS if FAMILIES[n].has_parallel_calls])
def test_several_calls_pass_only_where_they_may_be_parallel(name: str):
    calls = assistant(None, ("get_weather", ARGUMENTS[2]), ("get", "{}"), ("get", ARGUMENTS[0]))
    assert accepts(name, calls, MAY)
    assert accepts(name, calls, MUST)
    assert not accepts(name, calls, choice(ToolUse.MUST, is_parallel=False))
    assert not accepts(name, calls, choice(ToolUse.MAY, is_parallel=False))


@pytest.mark.parametrize("name", [n for n in WITH_TOOLS if FAMILIES[n].has_text_beside_calls])
def test_text_before_a_call_passes_unless_a_call_is_required(name: str):
    message = assistant("Let me see:\n\n", ("get_weather", ARGUMENTS[1]))
    assert accepts(name, message, MAY)
    assert not accepts(name, message, MUST)


@pytest.mark.parametrize("name", WITH_TOOLS)
def test_arguments_follow_their_schema(name: str):
    tools = (Tool(name="f", parameters=SCHEMA, is_strict=True),)
    for arguments, is_right in [
        ('{"a": 1, "b": "x"}', True),
        ('{"a": 1}', False),
        ('{"a": "1", "b": "x"}', False),
        ('{"a": 1, "b": "x", "c": 2}', False),
    ]:
        call = assistant(None, ("f", arguments))
        assert accepts(name, call, MAY, tools=tools) == is_right
        assert accepts(name, call, MUST, tools=tools) == is_right


def test_what_is_not_strict_is_followed_where_it_can_be():
    loose = {"type": "object", "properties": {"a": {"not": {"type": "string"}}}}
    tools = (Tool(name="f", parameters=loose), Tool(name="g"))
    assert renderer_of("qwen3").grammar(tools, MAY, FreeText(), prompt=()) is None
    for arguments, is_right in [('{"a": "x"}', True), ("{}", True), ('{"b": 1}', False)]:
        call = assistant(None, ("f", arguments))
        assert accepts("qwen3", call, MUST, tools=tools) == is_right
    assert accepts("qwen3", assistant(None, ("g", "{}")), MUST, tools=tools)
    assert not accepts("qwen3", assistant(None, ("g", '{"a": 1}')), MUST, tools=tools)


@pytest.mark.parametrize("name", FAMILIES)
def test_json_is_spelled_compactly_or_as_python_does(name: str):
    value = {"a": 5, "b": "ä\n"}
    for text in (json.dumps(value), json.dumps(value, separators=(",", ":"), ensure_ascii=False)):
        assert accepts(name, assistant(text), NEVER, STRICT)
        assert accepts(name, assistant(text), NEVER, JsonObject())
    assert not accepts(name, assistant('{"a": 5}'), NEVER, STRICT)
    assert not accepts(name, assistant("[1]"), NEVER, JsonObject())
    assert not accepts(name, assistant(json.dumps(value, indent=4)), NEVER, STRICT)


@pytest.mark.parametrize("name", [n for n, family in FAMILIES.items() if family.has_reasoning])
def test_what_a_model_thinks_first_is_free(name: str):
    def thought(content: str) -> Message:
        return Message(role=Role.ASSISTANT, content=content, reasoning=THOUGHT)

    assert accepts(name, thought('{"a": 5, "b": ""}'), NEVER, STRICT)
    assert accepts(name, thought("Four."), MAY)
    assert not accepts(name, thought("Four."), NEVER, STRICT)


@pytest.mark.parametrize("name", [n for n in WITH_TOOLS if FAMILIES[n].marks_calls])
def test_a_call_or_json_is_let_through_when_both_are_wanted(name: str):
    assert accepts(name, CALL, MAY, STRICT)
    assert accepts(name, assistant('{"a": 1, "b": ""}'), MAY, STRICT)
    assert not accepts(name, assistant("text"), MAY, STRICT)


@pytest.mark.parametrize("name", ["llama3.2", "shipped-llama3"])
def test_calls_that_look_like_json_are_not_offered_beside_it(name: str):
    with pytest.raises(InvalidRequestError, match="without a mark") as refused:
        renderer_of(name).grammar(TOOLS, MAY, STRICT, prompt=())
    assert refused.value.param == "response_format"


def test_calls_that_a_template_indents_may_stand_without_that():
    chat = renderer_of("deepseek-indented")
    assert chat.has_tool_calls
    prompt = chat.prompt_ids([user("x")], TOOLS)
    assert chat.decode(prompt).endswith("<｜Assistant｜>\n")
    with pytest.raises(InvalidRequestError, match="changes earlier turns"):
        chat.training_ids([user("x"), CALL], TOOLS, [False, True])
    grammar = chat.grammar(TOOLS, MAY, FreeText(), prompt=prompt)
    call = (
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get\n```json\n{}\n```"
        "<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
    )
    for indent in ("", "    "):
        matcher = compile_grammar(tokenizer_of("deepseek-indented"), grammar.text)
        ids = chat.vocabulary.encode(indent + call)
        assert matcher.try_consume_tokens(ids) == len(ids)
        assert matcher.is_accepting()


def test_a_mark_that_is_spelled_in_letters_does_not_pass_as_text():
    chat = renderer_of("qwen3")
    grammar = chat.grammar(TOOLS, MAY, FreeText(), prompt=())
    matcher = compile_grammar(tokenizer_of("qwen3"), grammar.text)
    letters = chat.vocabulary.encode(chat.vocabulary.guard("Use <tool_call>"))
    assert matcher.try_consume_tokens(letters) < len(letters)


def test_nothing_is_demanded_of_an_answer_that_cannot_be_wrong():
    chat = renderer_of("qwen3")
    loose = (Tool(name="f", parameters=ANYTHING),)
    assert chat.grammar(loose, MAY, FreeText(), prompt=()) is None
    assert chat.grammar(loose, NEVER, FreeText(), prompt=()) is None
    assert (
        chat.grammar(loose, choice(ToolUse.MAY, is_parallel=False), FreeText(), prompt=()) is None
    )


@pytest.mark.parametrize("name", [n for n in FAMILIES if not FAMILIES[n].has_tools])
def test_a_family_without_calls_cannot_be_made_to_call(name: str):
    with pytest.raises(InvalidRequestError, match="tool calls"):
        renderer_of(name).grammar(TOOLS, MUST, FreeText(), prompt=())
