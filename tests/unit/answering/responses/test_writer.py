"""A response from the pieces of an answer, without an engine."""

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests import tiny
from understudy.answering.decoding import AnswerEnd, AnswerPiece
from understudy.answering.models import ServedModel
from understudy.answering.prompt import Prompt
from understudy.answering.responses.object import new_response
from understudy.answering.responses.plan import plan_response
from understudy.answering.responses.writer import ResponseWriter, written
from understudy.chat.parsing.deltas import ReasoningDelta, TextDelta, ToolCallDelta
from understudy.errors import OverloadedError
from understudy.inference.protocol import ModelRef
from understudy.schemas.responses.items import InputText, MessageItem
from understudy.schemas.responses.request import CreateResponse

ITEMS = (MessageItem(id="msg_1", status="completed", role="user", content=[InputText(text="hi")]),)
EVENT = TypeAdapter(ResponseStreamEvent)
REQUEST = {
    "model": "m",
    "input": "hi",
    "instructions": "i",
    "tools": [{"type": "function", "name": "f", "parameters": None}],
    "tool_choice": {"type": "function", "name": "f"},
    "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
    "reasoning": {"effort": "low", "summary": "auto"},
}


@pytest.fixture(scope="module")
def prompt(tmp_path_factory: pytest.TempPathFactory) -> Prompt:
    renderer = tiny.renderer(tmp_path_factory.mktemp("base"))
    weights = ModelRef(base="m", base_directory="/m")
    return Prompt(
        model=ServedModel(name="m", weights=weights, renderer=renderer),
        ids=(1, 2),
        room=9,
        grammar=None,
    )


def write(prompt: Prompt, *deltas, reason: str = "stop", status: str = "in_progress"):
    request = CreateResponse.model_validate(REQUEST)
    response = new_response(request, plan_response(request, ITEMS, None), prompt, status)
    writer = ResponseWriter(response, prompt)
    events = [*writer.create(), *writer.begin()]
    for delta in deltas:
        events += writer.add(AnswerPiece(choice=0, delta=delta))
    end = AnswerEnd(
        choice=0,
        finish_reason=reason,
        ids=(5, 6, 7),
        logprobs=(-1.0,) * 3,
        reasoning_tokens=2,
        cached_tokens=1,
    )
    events += writer.add(end)
    return writer.response, events


def test_thoughts_text_and_calls_are_items_of_their_own(prompt: Prompt):
    response, events = write(
        prompt,
        ReasoningDelta("hm"),
        ReasoningDelta("m"),
        TextDelta("So: "),
        ToolCallDelta(0, "call_1", "f", ""),
        ToolCallDelta(0, None, None, "{}"),
        ToolCallDelta(1, "call_2", "f", ""),
        TextDelta("done"),
    )
    thoughts, said, first, second, last = response.output
    assert (thoughts.content[0].text, thoughts.summary) == ("hmm", ())
    assert (said.content[0].text, last.content[0].text) == ("So: ", "done")
    assert (first.call_id, first.arguments, second.call_id, second.arguments) == (
        "call_1",
        "{}",
        "call_2",
        "",
    )
    assert {item.status for item in response.output} == {"completed"}
    assert response.usage.output_tokens_details.reasoning_tokens == 2
    assert response.usage.input_tokens_details.cached_tokens == 1
    of_thoughts = [e.type for e in events if getattr(e, "output_index", None) == 0]
    assert of_thoughts == [
        "response.output_item.added",
        "response.content_part.added",
        "response.reasoning_text.delta",
        "response.reasoning_text.delta",
        "response.reasoning_text.done",
        "response.content_part.done",
        "response.output_item.done",
    ]
    assert [e.sequence_number for e in events] == list(range(len(events)))


def test_the_official_types_read_every_event_strictly(prompt: Prompt):
    response, events = write(
        prompt,
        ReasoningDelta("hm"),
        TextDelta("So: "),
        ToolCallDelta(0, "call_1", "f", ""),
        ToolCallDelta(0, None, None, "{}"),
        status="queued",
    )
    for event in events:
        EVENT.validate_json(written(event).data, strict=True)
    assert events[1].type == "response.queued"
    Response.model_validate_json(response.model_dump_json(), strict=True)


def test_an_answer_that_is_cut_leaves_its_last_item_incomplete(prompt: Prompt):
    response, events = write(
        prompt, TextDelta("a"), ToolCallDelta(0, "call_1", "f", ""), reason="length"
    )
    assert [item.status for item in response.output] == ["completed", "incomplete"]
    assert events[-1].type == "response.incomplete"
    only_thoughts, _ = write(prompt, ReasoningDelta("hm"), reason="length")
    assert [item.type for item in only_thoughts.output] == ["reasoning"]


def test_thoughts_alone_are_followed_by_an_empty_message(prompt: Prompt):
    response, _ = write(prompt, ReasoningDelta("hm"))
    assert [item.type for item in response.output] == ["reasoning", "message"]


def test_an_overload_is_told_as_such(prompt: Prompt):
    request = CreateResponse.model_validate(REQUEST)
    writer = ResponseWriter(
        new_response(request, plan_response(request, ITEMS, None), prompt, "in_progress"), prompt
    )
    (event,) = writer.fail(OverloadedError("full", retry_after_seconds=1))
    assert event.response.error.code == "rate_limit_exceeded"
    EVENT.validate_json(written(event).data, strict=True)
