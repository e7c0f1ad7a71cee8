"""Remote models through our Responses, with the official client."""

import pytest
from openai import APIError, OpenAI

from tests.remote import FakeRemote, Reply, chunk, completion, refusal, stream


def test_a_response_of_a_remote_model_is_stored_and_continued(client: OpenAI, remote: FakeRemote):
    remote.says(completion("Rome."), completion("Italy."))
    first = client.responses.create(model="teacher", input="Which city?", instructions="Be brief.")
    assert (first.output_text, first.model, first.status) == ("Rome.", "teacher", "completed")
    assert first.usage is not None
    assert (first.usage.input_tokens, first.usage.output_tokens) == (11, 7)
    assert client.responses.retrieve(first.id).output_text == "Rome."
    second = client.responses.create(
        model="teacher", input="Where is it?", previous_response_id=first.id
    )
    assert second.output_text == "Italy."
    assert [m["content"] for m in remote.requests[1].body["messages"]] == [
        "Which city?",
        "Rome.",
        "Where is it?",
    ]
    assert remote.requests[0].body["messages"][0]["role"] == "system"


def test_events_of_a_remote_model_are_those_of_others(client: OpenAI, remote: FakeRemote):
    call = {"index": 0, "id": "call_1", "function": {"name": "weather", "arguments": "{}"}}
    remote.says(
        stream({"reasoning_content": "Hm."}, {"content": "Ro"}, {"content": "me."},
               {"tool_calls": [call]}, finish_reason="tool_calls")
    )  # fmt: skip
    tool = {"type": "function", "name": "weather", "parameters": {}, "strict": False}
    with client.responses.stream(model="teacher", input="Well?", tools=[tool]) as events:
        kinds = [event.type for event in events]
        response = events.get_final_response()
    assert kinds.count("response.output_text.delta") == 2
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
    assert response.output_text == "Rome."
    assert response.usage is not None
    assert response.usage.total_tokens == 18


def test_a_refusal_is_a_part_of_its_own(client: OpenAI, remote: FakeRemote):
    remote.says(stream({"refusal": "I will"}, {"refusal": " not."}))
    with client.responses.stream(model="teacher", input="Well?") as events:
        kinds = [event.type for event in events]
        response = events.get_final_response()
    assert kinds.count("response.refusal.delta") == 2
    assert "response.refusal.done" in kinds
    (part,) = response.output[0].content
    assert (part.type, part.refusal) == ("refusal", "I will not.")


def test_what_a_filter_stopped_is_incomplete(client: OpenAI, remote: FakeRemote):
    remote.says(completion("Half", finish_reason="content_filter"))
    response = client.responses.create(model="teacher", input="Well?")
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "content_filter"


def test_a_background_response_waits_for_a_remote_that_comes_back(
    client: OpenAI, remote: FakeRemote
):
    trouble = refusal(503, "Busy.")
    remote.says(*(trouble,) * 4, completion("At last."))
    response = client.responses.create(model="teacher", input="Well?", background=True)
    while response.status in ("queued", "in_progress"):
        response = client.responses.retrieve(response.id)
    assert (response.status, response.output_text) == ("completed", "At last.")


def test_faults_are_errors_before_the_first_event_and_events_after_it(
    client: OpenAI, remote: FakeRemote
):
    remote.says(refusal(400, "Too long.", "context_length_exceeded"))
    with pytest.raises(APIError) as failed:
        client.responses.create(model="teacher", input="Well?")
    assert (failed.value.status_code, failed.value.code) == (400, "context_length_exceeded")
    remote.says(Reply(events=[chunk({"content": "Half"})]))
    events = list(client.responses.create(model="keyless", input="Well?", stream=True))
    assert events[-1].type == "response.failed"
    assert "before its answer was whole" in events[-1].response.error.message


def test_what_needs_the_models_tokens_is_refused_by_name(client: OpenAI, remote: FakeRemote):
    with pytest.raises(APIError) as refused:
        client.responses.create(model="teacher", input="Well?", truncation="auto")
    assert refused.value.param == "truncation"
    with pytest.raises(APIError) as refused:
        client.responses.input_tokens.count(model="teacher", input="Well?")
    assert "its tokens are not known here" in refused.value.message
    with pytest.raises(APIError) as refused:
        client.responses.create(model="embedder", input="Well?")
    assert refused.value.code == "unsupported_model"
    assert remote.requests == []
