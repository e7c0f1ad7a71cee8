"""Where a request's reasoning_effort goes: into the switch or the scale of the model's template."""

import pytest

from tests.tiny import WEATHER, assistant, user
from tests.unit.chat.families.test_round_trips import tool_result
from tests.unit.chat.templates import renderer_of
from understudy.chat.answer_shape import FreeText, ToolChoice, ToolUse
from understudy.chat.grammar.compiling import compile_grammar, grammar_tokenizer
from understudy.chat.messages import Message
from understudy.chat.parsing.deltas import ReasoningDelta, TextDelta
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import InvalidRequestError

ASKED = [user("x")]
CALLED = [*ASKED, assistant(None, ("get_weather", '{"city": "Paris"}')), tool_result("21")]


def prompt(name: str, effort: str | None) -> str:
    chat = renderer_of(name).thinking(effort)
    return chat.decode(chat.prompt_ids(ASKED))


@pytest.mark.parametrize("effort", ["none", "minimal"])
def test_no_effort_turns_the_switch_off(effort: str):
    assert prompt("qwen3", effort).endswith("<think>\n\n</think>\n\n")


@pytest.mark.parametrize("effort", ["low", "medium", "high", "xhigh", "max"])
def test_any_effort_turns_the_switch_on(effort: str):
    assert prompt("qwen3", effort) == prompt("qwen3", None)
    assert not prompt("qwen3", effort).endswith("</think>\n\n")


def test_a_scale_gets_the_effort_itself():
    assert "Reasoning: high" in prompt("gpt-oss", "high")
    assert "Reasoning: medium" in prompt("gpt-oss", None)


@pytest.mark.parametrize("effort", ["none", "minimal", "xhigh", "max"])
def test_what_is_not_on_the_scale_is_refused(effort: str):
    with pytest.raises(InvalidRequestError, match="'low', 'medium', and 'high'") as refused:
        renderer_of("gpt-oss").thinking(effort)
    assert (refused.value.code, refused.value.param) == ("unsupported_value", "reasoning_effort")


@pytest.mark.parametrize("name", ["built-in", "llama3.2", "qwen2.5"])
def test_a_template_without_a_switch_refuses_every_effort(name: str):
    with pytest.raises(InvalidRequestError, match="no switch") as refused:
        renderer_of(name).thinking("low")
    assert refused.value.code == "unsupported_parameter"


def test_a_model_that_shall_not_think_still_answers_and_reads_its_answers():
    chat = renderer_of("qwen3").thinking("none")
    ids = renderer_of("qwen3").training_ids([*ASKED, assistant("Four.")], [], [False, True]).ids
    prompt_ids = chat.prompt_ids(ASKED)
    parser = chat.answer_parser(prompt=prompt_ids)
    assert ids[: len(prompt_ids)] == prompt_ids
    deltas = [d for id in ids[len(prompt_ids) : -2] for d in parser.feed(id)] + parser.finish()
    assert "".join(delta.text for delta in deltas).strip() == "Four."


# The thoughts of a model that has been asked for some, and whether its prompt opens them.
OPENED = [
    ("gemma4", False, CALLED, "so\n<channel|>"),
    ("gemma4", True, ASKED, "<|channel>thought\nso\n<channel|>"),
    ("deepseek-v3.1", False, ASKED, "so</think>"),
    ("deepseek-r1", False, ASKED, "so\n</think>\n\n"),
]


def chat_that_thinks(name: str) -> ChatRenderer:
    return renderer_of(name) if name == "deepseek-r1" else renderer_of(name).thinking("high")


@pytest.mark.parametrize(("name", "opens_itself", "messages", "thoughts"), OPENED)
def test_the_prompt_tells_whether_an_answer_begins_with_thoughts(
    name: str, opens_itself: bool, messages: list[Message], thoughts: str
):
    chat = chat_that_thinks(name)
    prompt = chat.prompt_ids(messages, [WEATHER] if chat.has_tool_calls else [])
    for written in [thoughts + "Four.", *(["Four."] if opens_itself else [])]:
        parser = chat.answer_parser(prompt=prompt)
        deltas = [*parser.feed_text(written), *parser.finish()]
        text = "".join(d.text for d in deltas if isinstance(d, TextDelta))
        thought = "".join(d.text for d in deltas if isinstance(d, ReasoningDelta))
        assert (thought, text) == ("so" if thoughts in written else "", "Four.")


def test_behind_results_an_answer_has_no_thoughts_where_the_prompt_opens_none():
    chat = chat_that_thinks("deepseek-v3.1")
    parser = chat.answer_parser(prompt=chat.prompt_ids(CALLED, [WEATHER]))
    assert [*parser.feed_text("21 degrees."), *parser.finish()] == [TextDelta("21 degrees.")]


@pytest.mark.parametrize(("name", "opens_itself", "messages", "thoughts"), OPENED[:3])
def test_a_forced_call_stands_behind_the_thoughts_that_the_prompt_opens(
    name: str, opens_itself: bool, messages: list[Message], thoughts: str
):
    chat = chat_that_thinks(name)
    prompt = chat.prompt_ids(messages, [WEATHER])
    must = ToolChoice(use=ToolUse.MUST, names=None, is_parallel=False)
    grammar = chat.grammar([WEATHER], must, FreeText(), prompt=prompt)
    assert grammar is not None
    call = {
        "gemma4": '<|tool_call>call:get_weather{city:<|"|>Paris<|"|>}<tool_call|>',
        "deepseek-v3.1": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>"
        '{"city": "Paris"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    }[name]
    for written, is_right in [(thoughts + call, True), (call, opens_itself), (thoughts, False)]:
        matcher = compile_grammar(grammar_tokenizer(chat.vocabulary), grammar.text)
        ids = chat.vocabulary.encode(written)
        is_taken = matcher.try_consume_tokens(ids) == len(ids) and matcher.is_accepting()
        assert is_taken == is_right


def test_the_switch_of_gemma_shows_in_its_prompt_only():
    assert "<|think|>" in prompt("gemma4", "high")
    assert prompt("gemma4", "none") == prompt("gemma4", None)
    assert "<|think|>" not in prompt("gemma4", None)


def test_the_renderer_of_an_effort_has_a_hash_of_its_own():
    chat = renderer_of("qwen3")
    assert chat.thinking(None) is chat
    assert chat.thinking("none") is chat.thinking("none")
    assert chat.thinking("none").hash != chat.hash
