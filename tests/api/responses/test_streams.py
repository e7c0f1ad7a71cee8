"""Streamed responses: every event, in order and numbered."""

import json
from itertools import groupby

import pytest
from openai import APIError, NotFoundError, OpenAI, RateLimitError
from openai.types.responses import Response

from tests.api.chat.test_chat import CALL
from tests.api.harness import BASE, RunningServer, wait_until
from tests.api.responses.test_responses import QUESTION, TOOLS
from tests.api.scripted_engine import Script
from understudy.errors import InvalidRequestError, OverloadedError


def events(server: RunningServer, key: str, **more) -> list[dict]:
    answer = server.http.post(
        "/v1/responses",
        headers={"Authorization": f"Bearer {key}"},
        json={"model": BASE, "input": QUESTION, "stream": True} | more,
    )
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    return parsed(answer.text)


def parsed(text: str, first: int = 0) -> list[dict]:
    if not text:
        return []
    assert text.endswith("\n\n")
    found = []
    for block in text.removesuffix("\n\n").split("\n\n"):
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        found.append(event)
    assert [event["sequence_number"] for event in found] == list(range(first, first + len(found)))
    return found


def kinds(found: list[dict]) -> list[str]:
    """The types in order, repeated ones once."""
    return [kind.removeprefix("response.") for kind, _ in groupby(e["type"] for e in found)]


def test_a_text_is_told_in_the_recorded_order(server: RunningServer, key: str):
    server.engine.says("It is sunny.")
    found = events(server, key)
    assert kinds(found) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    created, in_progress, item, part, *deltas, text_done, part_done, item_done, completed = found
    assert created["response"]["status"] == in_progress["response"]["status"] == "in_progress"
    assert created["response"]["output"] == []
    assert created["response"]["usage"] is None
    assert item["item"] == {
        "id": item["item"]["id"],
        "type": "message",
        "status": "in_progress",
        "role": "assistant",
        "content": [],
    }
    assert part["part"] == {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    for event in (part, *deltas, text_done, part_done):
        assert (event["item_id"], event["output_index"]) == (item["item"]["id"], 0)
        assert event["content_index"] == 0
    assert all(event["logprobs"] == [] for event in deltas)
    assert "".join(event["delta"] for event in deltas) == text_done["text"] == "It is sunny."
    assert part_done["part"]["text"] == "It is sunny."
    assert item_done["item"] == completed["response"]["output"][0]
    assert completed["response"]["usage"]["output_tokens"] > 0


def test_a_call_is_told_with_its_arguments_as_they_come(server: RunningServer, key: str):
    server.engine.says("Let me see. " + CALL + CALL)
    found = events(server, key, tools=TOOLS)
    of_one_call = [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    assert kinds(found)[-9:] == [*of_one_call, *of_one_call, "completed"]
    added = [e for e in found if e["type"] == "response.output_item.added"]
    done = [e for e in found if e["type"] == "response.output_item.done"]
    assert [e["output_index"] for e in added] == [e["output_index"] for e in done] == [0, 1, 2]
    assert [e["item"]["type"] for e in added] == ["message", "function_call", "function_call"]
    assert added[1]["item"]["arguments"] == ""
    finished = [e for e in found if e["type"] == "response.function_call_arguments.done"]
    for index, event in enumerate(finished, 1):
        deltas = [
            e["delta"]
            for e in found
            if e["type"] == "response.function_call_arguments.delta" and e["output_index"] == index
        ]
        assert len(deltas) > 1
        assert "".join(deltas) == event["arguments"] == done[index]["item"]["arguments"]
        assert event["item_id"] == added[index]["item"]["id"] == done[index]["item"]["id"]
        assert event["name"] == "get_weather"
    assert found[-1]["response"]["output"] == [e["item"] for e in done]


def test_probabilities_come_with_the_text_that_they_are_of(server: RunningServer, key: str):
    server.engine.says("It is sunny.")
    found = events(server, key, include=["message.output_text.logprobs"], top_logprobs=1)
    deltas = [e for e in found if e["type"] == "response.output_text.delta"]
    told = [token for event in deltas for token in event["logprobs"]]
    done = next(e for e in found if e["type"] == "response.output_text.done")
    assert told == done["logprobs"] == found[-1]["response"]["output"][0]["content"][0]["logprobs"]
    assert "".join(token["token"] for token in told) == "It is sunny."


def test_pieces_are_padded_when_that_is_wanted(server: RunningServer, key: str):
    server.engine.says("It is sunny.", "It is sunny.")
    plain = events(server, key)
    assert not any("obfuscation" in event for event in plain)
    padded = events(server, key, stream_options={"include_obfuscation": True})
    deltas = [e for e in padded if e["type"] == "response.output_text.delta"]
    assert {len(e["delta"] + e["obfuscation"]) for e in deltas} == {64}


def test_a_limit_ends_the_stream_as_incomplete(server: RunningServer, key: str):
    server.engine.says(Script(text="word ", goes_on=True))
    last = events(server, key, max_output_tokens=16)[-1]
    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}


def test_the_streamed_response_is_the_one_that_is_stored(
    server: RunningServer, client: OpenAI, key: str
):
    server.engine.says("It is sunny.")
    response = events(server, key)[-1]["response"]
    assert client.responses.retrieve(response["id"]).to_dict(mode="json") == Response(
        **response
    ).to_dict(mode="json")


def test_what_fails_before_the_first_event_is_an_error_answer(
    server: RunningServer, client: OpenAI
):
    full = OverloadedError("The engine is full.", retry_after_seconds=2.5)
    server.engine.says(Script(error=full))
    with pytest.raises(RateLimitError) as refused:
        client.responses.create(model=BASE, input=QUESTION, stream=True)
    assert refused.value.response.headers["retry-after-ms"] == "2500"


def test_what_fails_later_ends_the_stream_with_a_failed_response(
    server: RunningServer, client: OpenAI, key: str
):
    server.engine.says(Script(text="half of it", error=InvalidRequestError("It stopped.")))
    last = events(server, key)[-1]
    assert last["type"] == "response.failed"
    assert last["response"]["status"] == "failed"
    assert last["response"]["error"] == {"code": "server_error", "message": "It stopped."}
    with pytest.raises(APIError):
        client.responses.retrieve(last["response"]["id"])


def test_a_client_that_leaves_ends_the_answer_and_nothing_of_it_is_stored(
    server: RunningServer, client: OpenAI
):
    server.engine.says(Script(text="word ", goes_on=True))
    with client.responses.create(model=BASE, input=QUESTION, stream=True) as stream:
        id = next(iter(stream)).response.id
    wait_until(lambda: len(server.engine.cancelled) == 1)
    with pytest.raises(NotFoundError):
        client.responses.retrieve(id)


def test_the_helper_of_the_official_client_follows_a_stream(server: RunningServer, client: OpenAI):
    server.engine.says("Let me see. " + CALL)
    with client.responses.stream(model=BASE, input=QUESTION, tools=TOOLS) as stream:
        seen = [event.type for event in stream]
        final = stream.get_final_response()
    assert seen[0] == "response.created"
    assert seen[-1] == "response.completed"
    assert final.output[1].name == "get_weather"
