"""Drawn answers are read as they would be served: text, calls, and how long they thought."""

import json

import pytest

from tests.tiny import user
from tests.unit.chat.templates import renderer_of
from understudy.chat.messages import Tool
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.training.reinforcement.answers import DrawnAnswer, read_answer
from understudy.training.reinforcement.episodes import Episode
from understudy.training.reinforcement.prompts import RenderedPrompt

WEATHER = Tool(
    name="weather",
    description="",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}},
)


@pytest.fixture(scope="module")
def renderer() -> ChatRenderer:
    return renderer_of("qwen3")


def read(
    renderer: ChatRenderer, written: str, *, is_cut: bool = False, tools: tuple[Tool, ...] = ()
) -> tuple[DrawnAnswer, list[int]]:
    messages = (user("What is the weather?"),)
    prompt = RenderedPrompt(
        line=1,
        ids=tuple(renderer.prompt_ids(messages, tools)),
        messages=messages,
        tools=tools,
        item={},
        grammar=None,
    )
    ids = renderer.vocabulary.encode(written)
    answer = (*ids, *(() if is_cut else renderer.stop_ids[:1]))
    episode = Episode(
        prompt_ids=prompt.ids, answer_ids=answer, logprobs=(0.0,) * len(answer), is_cut=is_cut
    )
    return read_answer(renderer, prompt, episode), ids


def test_an_answer_without_a_thought_has_no_reasoning_tokens(renderer: ChatRenderer):
    drawn, ids = read(renderer, "It is sunny.")

    assert (drawn.text, drawn.tool_calls, drawn.reasoning_tokens) == ("It is sunny.", (), 0)
    assert drawn.completion_tokens == len(ids) + 1


def test_reasoning_is_counted_up_to_its_last_piece_and_is_no_text(renderer: ChatRenderer):
    thought = "<think>\nLook outside."
    drawn, ids = read(renderer, f"{thought}\n</think>\n\nIt is sunny.")

    assert drawn.text == "It is sunny."
    assert len(renderer.vocabulary.encode(thought)) <= drawn.reasoning_tokens < len(ids)


def test_an_answer_that_is_cut_while_it_thinks_is_reasoning_to_its_end(renderer: ChatRenderer):
    drawn, ids = read(renderer, "<think>\nLook outside", is_cut=True)

    assert (drawn.text, drawn.reasoning_tokens) == ("", len(ids))


def test_calls_are_read_where_there_are_tools(renderer: ChatRenderer):
    call = {"name": "weather", "arguments": {"city": "Oslo"}}
    written = f"<tool_call>\n{json.dumps(call)}\n</tool_call>"

    drawn, _ = read(renderer, written, tools=(WEATHER,))
    plain, _ = read(renderer, written)

    (one,) = drawn.tool_calls
    assert one["function"]["name"] == "weather"
    assert json.loads(one["function"]["arguments"]) == {"city": "Oslo"}
    assert (drawn.text, plain.tool_calls) == ("", ())
    assert plain.text == written
