"""Remote models through our chat completions, with the official client."""

import json
import time

import httpx2
import pytest
from openai import APIError, OpenAI
from pydantic import BaseModel

from tests.api.remote.conftest import Joined
from tests.remote import KEY, MODEL, USAGE, FakeRemote, Reply, chunk, completion, refusal, stream
from understudy.answering.remote.faults import retry_after_seconds

ASK = [{"role": "user", "content": "Hello?"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}


def test_an_answer_of_a_remote_model_carries_our_name_and_what_it_cost(
    client: OpenAI, remote: FakeRemote
):
    remote.says(completion("Good day."))
    answer = client.chat.completions.create(model="teacher", messages=ASK, max_tokens=9, seed=3)
    assert answer.model == "teacher"
    assert answer.choices[0].message.content == "Good day."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (11, 7)
    asked = remote.requests[0]
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body == {
        "model": MODEL,
        "messages": ASK,
        "seed": 3,
        "max_completion_tokens": 9,
    }


def test_a_stream_of_a_remote_model_comes_piece_by_piece(client: OpenAI, remote: FakeRemote):
    remote.says(stream({"content": "Good"}, {"content": " day."}))
    chunks = list(
        client.chat.completions.create(
            model="teacher", messages=ASK, stream=True, stream_options={"include_usage": True}
        )
    )
    texts = [c.choices[0].delta.content for c in chunks if c.choices]
    assert [text for text in texts if text] == ["Good", " day."]
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == USAGE["total_tokens"]
    assert {c.model for c in chunks} == {"teacher"}
    assert remote.requests[0].body["stream_options"] == {"include_usage": True}


def test_usage_that_a_remote_server_does_not_give_is_null_and_not_zero(
    client: OpenAI, remote: FakeRemote
):
    remote.says(completion(usage=None))
    assert client.chat.completions.create(model="teacher", messages=ASK).usage is None


def test_tools_are_passed_on_and_calls_come_back(client: OpenAI, remote: FakeRemote):
    remote.says(completion(None, tool_calls=[CALL], finish_reason="tool_calls"))
    answer = client.chat.completions.create(
        model="teacher",
        messages=ASK,
        tools=[TOOL],
        tool_choice="required",
        parallel_tool_calls=False,
    )
    calls = answer.choices[0].message.tool_calls
    assert calls is not None
    assert (calls[0].id, calls[0].function.name) == ("call_1", "weather")
    assert answer.choices[0].finish_reason == "tool_calls"
    asked = remote.requests[0].body
    assert asked["tools"] == [TOOL]
    assert (asked["tool_choice"], asked["parallel_tool_calls"]) == ("required", False)
    remote.says(completion("Rain."))
    results = [
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
    ]
    client.chat.completions.create(model="teacher", messages=[*ASK, *results], tools=[TOOL])
    assert remote.requests[0].body["messages"] == [*ASK, *results]


@pytest.mark.parametrize("has_index", [True, False])
def test_streamed_calls_are_joined(client: OpenAI, remote: FakeRemote, has_index: bool):
    def piece(place: int, **fields: object) -> dict[str, object]:
        return {"tool_calls": [{**({"index": place} if has_index else {}), **fields}]}

    remote.says(
        stream(
            piece(0, id="call_1", type="function", function={"name": "weather", "arguments": ""}),
            piece(0, function={"arguments": '{"city":'}),
            piece(0, function={"arguments": '"Rome"}'}),
            piece(1, id="call_2", type="function", function={"name": "weather", "arguments": "{}"}),
            finish_reason="tool_calls",
        )
    )
    with client.chat.completions.stream(model="teacher", messages=ASK, tools=[TOOL]) as events:
        message = events.get_final_completion().choices[0].message
    assert message.tool_calls is not None
    assert [(c.id, c.function.arguments) for c in message.tool_calls] == [
        ("call_1", '{"city":"Rome"}'),
        ("call_2", "{}"),
    ]


def test_legacy_functions_are_asked_for_as_tools(client: OpenAI, remote: FakeRemote):
    remote.says(completion(None, tool_calls=[CALL], finish_reason="tool_calls"))
    answer = client.chat.completions.create(
        model="teacher", messages=ASK, functions=[TOOL["function"]]
    )
    assert answer.choices[0].message.function_call is not None
    assert answer.choices[0].message.function_call.name == "weather"
    assert answer.choices[0].finish_reason == "function_call"
    assert remote.requests[0].body["tools"] == [TOOL]


def test_structured_output_is_asked_for_and_parsed(client: OpenAI, remote: FakeRemote):
    class City(BaseModel):
        name: str

    remote.says(completion('{"name": "Rome"}'))
    answer = client.chat.completions.parse(model="teacher", messages=ASK, response_format=City)
    assert answer.choices[0].message.parsed == City(name="Rome")
    form = remote.requests[0].body["response_format"]
    assert form["json_schema"]["strict"] is True
    assert form["json_schema"]["schema"]["required"] == ["name"]


def test_a_refusal_is_a_refusal_whole_and_streamed(client: OpenAI, remote: FakeRemote):
    remote.says(completion(None, refusal="I will not."))
    answer = client.chat.completions.create(model="teacher", messages=ASK)
    assert answer.choices[0].message.refusal == "I will not."
    assert answer.choices[0].message.content is None
    remote.says(stream({"refusal": "I will"}, {"refusal": " not."}))
    with client.chat.completions.stream(model="teacher", messages=ASK) as events:
        message = events.get_final_completion().choices[0].message
    assert message.refusal == "I will not."


def test_several_choices_and_content_filters_come_through(client: OpenAI, remote: FakeRemote):
    two = completion("one", finish_reason="content_filter")
    second = {"index": 1, "message": {"content": "two"}, "finish_reason": "length"}
    two.body["choices"].append(second)
    remote.says(two)
    answer = client.chat.completions.create(model="teacher", messages=ASK, n=2)
    assert [c.finish_reason for c in answer.choices] == ["content_filter", "length"]
    assert remote.requests[0].body["n"] == 2


def test_what_cannot_be_passed_on_is_refused_by_name(client: OpenAI, remote: FakeRemote):
    with pytest.raises(APIError) as refused:
        client.chat.completions.create(model="teacher", messages=ASK, logprobs=True)
    assert (refused.value.status_code, refused.value.param) == (400, "logprobs")
    with pytest.raises(APIError) as refused:
        client.chat.completions.create(model="reasoner", messages=ASK, temperature=0)
    assert refused.value.param == "temperature"
    assert remote.requests == []
    remote.says(completion())
    client.chat.completions.create(model="reasoner", messages=ASK, max_tokens=5)
    assert remote.requests[0].body["max_tokens"] == 5


def test_answers_of_remote_models_are_stored_as_others_are(client: OpenAI, remote: FakeRemote):
    remote.says(stream({"content": "Kept."}))
    marks = {"task": "capture"}
    list(
        client.chat.completions.create(
            model="teacher", messages=ASK, store=True, metadata=marks, stream=True
        )
    )
    assert "store" not in remote.requests[0].body
    assert "metadata" not in remote.requests[0].body
    stored = list(client.chat.completions.list(model="teacher", metadata=marks))
    assert len(stored) == 1
    assert stored[0].choices[0].message.content == "Kept."
    assert stored[0].usage is not None
    assert stored[0].usage.total_tokens == 18
    asked = client.chat.completions.messages.list(stored[0].id).data
    assert asked[0].content == "Hello?"


def test_models_that_are_remote_are_listed_with_their_owner(client: OpenAI, joined: Joined):
    owners = {model.id: model.owned_by for model in client.models.list()}
    assert owners["teacher"] == "openai"
    assert owners["gone"] == "127.0.0.1"
    assert client.models.retrieve("embedder").to_dict()["task"] == "embedding"
    assert "task" not in client.models.retrieve("teacher").to_dict()
    assert client.models.retrieve("teacher").created > 0
    with pytest.raises(APIError) as refused:
        client.models.delete("teacher")
    assert refused.value.status_code == 403


def test_a_remote_model_is_no_base_to_train(client: OpenAI):
    line = json.dumps({"messages": [*ASK, {"role": "assistant", "content": "hi"}]}).encode()
    file = client.files.create(file=line + b"\n", purpose="fine-tune")
    with pytest.raises(APIError) as refused:
        client.fine_tuning.jobs.create(model="teacher", training_file=file.id)
    assert refused.value.code == "model_not_available"
    assert "its weights are on another server" in refused.value.message
    assert "tiny/chat" in refused.value.message
    with pytest.raises(APIError) as refused:
        client.completions.create(model="teacher", prompt="On")
    assert "only its chat completions" in refused.value.message


FAULTS = [
    ("teacher", refusal(400, "Too long.", "context_length_exceeded"), 400,
     "context_length_exceeded", "answered 400: Too long."),
    ("teacher", refusal(404, "No such model."), 404, None, "answered 404: No such model."),
    ("teacher", refusal(401, f"Incorrect key: {KEY}"), 502, "remote_key_refused",
     "refuses the key of this server, not yours"),
    ("keyless", refusal(401, "Key?"), 502, "remote_key_refused", "it wants a key"),
    ("keyless", refusal(500, "Oops."), 502, "remote_server_error", "answered 500: Oops."),
    ("keyless", refusal(429, "Slow down.", "rate_limit_exceeded", retry_after="7"), 429,
     "rate_limit_exceeded", "answered 429: Slow down."),
    ("keyless", refusal(429, "Pay.", "insufficient_quota"), 502, "insufficient_quota", "Pay."),
    ("keyless", Reply(status=500, body=rb'{"error": {"message": "a\ud800"}}'), 502,
     "remote_server_error", r"answered 500: "),
    ("keyless", Reply(status=500, body=b"[" * 100_000), 502, "remote_server_error", "[[["),
    ("keyless", Reply(body=b"<html>"), 502, "remote_invalid_answer", "Invalid JSON"),
    ("keyless", Reply(body={"choices": "none"}), 502, "remote_invalid_answer", "choices"),
    ("keyless", Reply(body={"object": "x"}), 502, "remote_invalid_answer", "no 'choices'"),
    ("keyless", completion(finish_reason="tired"), 502, "remote_invalid_answer", "'tired'"),
    ("keyless", completion(model="gpt-4.1-mini"), 502, "remote_model_changed",
     'answers_as = "gpt-4.1-mini"'),
    ("keyless", Reply(body={"id": 1}, is_cut=True), 502, "remote_broke_off", "before its answer"),
    ("keyless", Reply(status=307, headers={"location": "http://127.0.0.1:9/"}, body={}), 502,
     "remote_redirected", "not followed"),
    ("impatient", Reply(body={}, waits_seconds=0.6), 504, "remote_timeout", "silent for 0.2"),
    ("impatient", Reply(pieces=[b" "] * 20, pauses_seconds=0.05), 504, "remote_timeout",
     "silent for 0.2"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "reply", "status", "code", "words"), FAULTS)
def test_a_fault_of_the_remote_says_whose_it_is(
    client: OpenAI, remote: FakeRemote, model: str, reply: Reply, status: int, code: str, words: str
):
    remote.says(reply)
    with pytest.raises(APIError) as failed:
        client.chat.completions.create(model=model, messages=ASK)
    error = failed.value
    assert (error.status_code, error.code) == (status, code)
    assert error.type == "remote_error"
    assert error.message.count(f"The remote model `{model}` (127.0.0.1:") == 1
    assert words in error.message
    assert KEY not in str(error.body)
    if status == 429:
        assert error.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("value", ["nan", "inf", "1e400", "-1e400", "9" * 5000])
def test_a_pause_that_no_clock_can_keep_is_bounded(value: str):
    for header in ("retry-after", "retry-after-ms"):
        pause = retry_after_seconds(httpx2.Response(429, headers={header: value}))
        assert 0 <= pause <= 24 * 60 * 60


def test_a_remote_that_is_down_is_its_own_fault(client: OpenAI):
    with pytest.raises(APIError) as failed:
        client.chat.completions.create(model="gone", messages=ASK)
    assert (failed.value.status_code, failed.value.code) == (502, "remote_unreachable")
    assert "127.0.0.1:9" in failed.value.message


def test_a_key_that_is_not_set_is_ours_to_mend(client: OpenAI, remote: FakeRemote):
    with pytest.raises(APIError) as failed:
        client.chat.completions.create(model="unset", messages=ASK)
    assert failed.value.code == "remote_key_missing"
    assert "REMOTE_KEY_THAT_IS_NOT_SET" in failed.value.message
    assert failed.value.response.headers["x-should-retry"] == "false"
    assert remote.requests == []


def test_another_name_is_allowed_where_the_settings_say_so(client: OpenAI, remote: FakeRemote):
    remote.says(completion(model="some-deployment"))
    assert client.chat.completions.create(model="lenient", messages=ASK).choices


@pytest.mark.parametrize(
    "trouble",
    [refusal(500, "Oops."), refusal(429, "Slow.", retry_after="0"), refusal(503, "Busy.")],
)
def test_what_may_pass_is_tried_again(client: OpenAI, remote: FakeRemote, trouble: Reply):
    remote.says(trouble, trouble, completion("At last."))
    answer = client.chat.completions.create(model="teacher", messages=ASK)
    assert answer.choices[0].message.content == "At last."
    assert len(remote.requests) == 3


def test_a_remote_that_asks_for_a_pause_gets_it(client: OpenAI, remote: FakeRemote):
    remote.says(refusal(429, "Slow.", retry_after_ms="400"), completion())
    client.chat.completions.create(model="teacher", messages=ASK)
    first, second = remote.requests
    assert second.at - first.at >= 0.4
    remote.says(refusal(429, "Tomorrow.", retry_after="3600"), completion())
    with pytest.raises(APIError) as failed:
        client.chat.completions.create(model="teacher", messages=ASK)
    assert failed.value.response.headers["retry-after"] == "3600"
    assert len(remote.requests) == 1


BROKEN = [
    (Reply(events=[chunk({"content": "Half"})]), "before its answer was whole"),
    (Reply(events=[chunk({"content": "Half"})], is_cut=True), "before its answer was whole"),
    (Reply(events=[chunk({"content": "Half"}), {"error": {"message": "Boom."}}]), "Boom."),
    (Reply(events=[chunk({"content": "Half"}), "{nonsense"]), "OpenAI's API does not have"),
]


@pytest.mark.parametrize(("reply", "words"), BROKEN)
def test_half_a_stream_ends_with_an_error(
    client: OpenAI, remote: FakeRemote, reply: Reply, words: str
):
    remote.says(reply)
    events = client.chat.completions.create(model="teacher", messages=ASK, stream=True)
    begun = [next(events).choices[0].delta.content for _ in range(2)]
    with pytest.raises(APIError) as failed:
        next(events)
    assert begun == ["", "Half"]
    assert words in failed.value.message


def test_the_key_stands_in_no_log_and_no_file(
    client: OpenAI, joined: Joined, remote: FakeRemote, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("DEBUG")
    remote.says(completion(), refusal(400, f"You sent {KEY}."), refusal(401, KEY))
    client.chat.completions.create(model="teacher", messages=ASK, store=True)
    said: list[str] = []
    for _ in range(2):
        with pytest.raises(APIError) as failed:
            client.chat.completions.create(model="teacher", messages=ASK)
        said.append(failed.value.message)
    assert "You sent [key]." in said[0]
    assert remote.requests[0].headers["authorization"] == f"Bearer {KEY}"
    # What the client of these tests logs is its own key.
    assert caplog.records
    assert KEY not in caplog.text + "".join(said)
    for path in joined.server.home.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


def test_a_request_that_our_own_limit_holds_back_for_too_long_says_so(
    client: OpenAI, joined: Joined, remote: FakeRemote, monkeypatch: pytest.MonkeyPatch
):
    model = joined.server.services.served.find("", "limited")
    monkeypatch.setattr(model.connection, "_max_wait_seconds", 0.05)
    remote.says(by=lambda _: completion())
    client.chat.completions.create(model="limited", messages=ASK)
    with pytest.raises(APIError) as failed:
        client.chat.completions.create(model="limited", messages=ASK)
    assert (failed.value.status_code, failed.value.code) == (429, "rate_limit_exceeded")
    assert "This server's own limits for the remote model `limited`" in failed.value.message
    assert len(remote.requests) == 1


def test_a_remote_model_that_is_added_or_changed_while_the_server_runs_is_asked_as_it_is_now(
    client: OpenAI, joined: Joined, remote: FakeRemote
):
    settings = joined.server.home / "understudy.toml"
    before = settings.read_text()
    try:
        for name in ("gpt-new", "gpt-newer"):
            remote.says(completion(model=name))
            settings.write_text(before + remote.table("later", f'model = "{name}"'))
            client.chat.completions.create(model="later", messages=ASK)
            assert remote.requests[0].body["model"] == name
    finally:
        settings.write_text(before)


@pytest.mark.parametrize("piece", [b": I am thinking\n\n", b": ", b"data: ", b"\n", b"data: a\n"])
def test_a_remote_that_sends_and_says_nothing_is_silent(
    client: OpenAI, remote: FakeRemote, piece: bytes
):
    remote.says(Reply(pieces=[piece] * 20, pauses_seconds=0.05))
    with pytest.raises(APIError) as failed:
        list(client.chat.completions.create(model="impatient", messages=ASK, stream=True))
    assert failed.value.code == "remote_timeout"
    assert "silent for 0.2" in failed.value.message


@pytest.mark.parametrize("piece", [b"data: " + b"a" * 999 + b"\n", b"a" * 999])
def test_an_event_without_an_end_is_given_up(
    client: OpenAI, remote: FakeRemote, monkeypatch: pytest.MonkeyPatch, piece: bytes
):
    monkeypatch.setattr("understudy.answering.remote.connection._MAX_ANSWER_BYTES", 10_000)
    remote.says(Reply(pieces=[piece] * 20))
    with pytest.raises(APIError) as failed:
        list(client.chat.completions.create(model="keyless", messages=ASK, stream=True))
    assert failed.value.code == "remote_invalid_answer"


def test_lines_of_a_stream_end_where_its_format_says(client: OpenAI, remote: FakeRemote):
    remote.says(
        Reply(
            pieces=[
                b'data: {"object": "chat.completion.chunk", "model": "%s", "choices": '
                b'[{"index": 0, "delta": {"content": "a\xe2\x80\xa8b"}, "finish_reason": "stop"}]}'
                b"\r\n\r\ndata: [DONE]\r\n\r\n" % MODEL.encode()
            ]
        )
    )
    answer = client.chat.completions.create(model="keyless", messages=ASK, stream=True)
    assert "".join(each.choices[0].delta.content or "" for each in answer) == "a\u2028b"


def test_a_client_that_leaves_ends_the_remote_stream(client: OpenAI, remote: FakeRemote):
    pieces = [chunk({"content": "more "}) for _ in range(2000)]
    remote.says(Reply(events=pieces, pauses_seconds=0.01), completion("Next."))
    stream_ = client.chat.completions.create(model="keyless", messages=ASK, stream=True)
    next(stream_)
    stream_.close()
    assert client.chat.completions.create(model="keyless", messages=ASK).choices
    deadline = time.monotonic() + 5
    while not remote.left_early:
        assert time.monotonic() < deadline
        time.sleep(0.02)
