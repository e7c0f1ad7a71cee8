"""Streamed chat answers: chunk by chunk as OpenAI sends them."""

import json

import pytest
from openai import APIError, BadRequestError, OpenAI

from tests.api.chat.test_chat import CALL, HELLO, TOOLS
from tests.api.harness import BASE, RunningServer
from tests.api.scripted_engine import Script
from understudy.errors import InvalidRequestError, UnavailableError


def events(server: RunningServer, key: str, **more) -> list[dict | str]:
    answer = server.http.post(
        "/v1/chat/completions",
        headers={"Authorization": f"Bearer {key}"},
        json={"model": BASE, "messages": HELLO, "stream": True} | more,
    )
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text.endswith("\n\n")
    lines = answer.text.removesuffix("\n\n").split("\n\n")
    assert all(line.startswith("data: ") for line in lines)
    payloads = [line.removeprefix("data: ") for line in lines]
    return [p if p == "[DONE]" else json.loads(p) for p in payloads]


def test_a_stream_begins_with_the_role_and_ends_with_done(server: RunningServer, key: str):
    server.engine.says("It is sunny.")
    first, *middle, last, done = events(server, key)
    assert done == "[DONE]"
    assert first["choices"] == [
        {
            "index": 0,
            "delta": {"role": "assistant", "content": "", "refusal": None},
            "logprobs": None,
            "finish_reason": None,
        }
    ]
    assert "".join(e["choices"][0]["delta"]["content"] for e in middle) == "It is sunny."
    assert last["choices"][0]["delta"] == {}
    assert last["choices"][0]["finish_reason"] == "stop"
    for name in ("id", "created", "model", "system_fingerprint", "object"):
        assert {e[name] for e in (first, *middle, last)} == {first[name]}
    assert first["object"] == "chat.completion.chunk"
    assert "usage" not in first


def test_a_tool_call_is_streamed_with_its_index_on_every_piece(server: RunningServer, key: str):
    server.engine.says("Let me see.\n" + CALL + "\n" + CALL)
    chunks = events(server, key, tools=TOOLS)[:-1]
    pieces = [
        call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", [])
    ]
    beginnings = [piece for piece in pieces if "id" in piece]
    assert [piece["index"] for piece in beginnings] == [0, 1]
    for piece in beginnings:
        assert piece["type"] == "function"
        assert piece["function"] == {"name": "get_weather", "arguments": ""}
    for piece in pieces:
        if piece not in beginnings:
            assert set(piece) == {"index", "function"}
            assert set(piece["function"]) == {"arguments"}
    for index in (0, 1):
        text = "".join(p["function"]["arguments"] for p in pieces if p["index"] == index)
        assert json.loads(text) == {"city": "Paris"}
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_usage_comes_last_when_it_is_asked_for(server: RunningServer, key: str):
    server.engine.says("Fine.")
    *chunks, usage, done = events(server, key, stream_options={"include_usage": True})
    assert done == "[DONE]"
    assert all(chunk["usage"] is None for chunk in chunks)
    assert usage["choices"] == []
    assert usage["usage"]["total_tokens"] == (
        usage["usage"]["prompt_tokens"] + usage["usage"]["completion_tokens"]
    )


def test_the_clients_own_helper_puts_a_stream_together(server: RunningServer, client: OpenAI):
    server.engine.says("Look: " + CALL)
    with client.chat.completions.stream(
        model=BASE, messages=HELLO, tools=TOOLS, stream_options={"include_usage": True}
    ) as stream:
        final = stream.get_final_completion()
    message = final.choices[0].message
    assert message.content == "Look: "
    assert message.tool_calls[0].function.name == "get_weather"
    assert final.usage.completion_tokens > 0


def test_choices_arrive_interleaved_and_each_is_whole(server: RunningServer, client: OpenAI):
    server.engine.says("one", "two", "three")
    texts = {0: "", 1: "", 2: ""}
    ends = []
    for chunk in client.chat.completions.create(model=BASE, messages=HELLO, n=3, stream=True):
        choice = chunk.choices[0]
        texts[choice.index] += choice.delta.content or ""
        ends += [choice.index] if choice.finish_reason else []
    assert sorted(texts.values()) == ["one", "three", "two"]
    assert sorted(ends) == [0, 1, 2]


def test_what_fails_before_the_first_token_is_an_ordinary_error(
    server: RunningServer, client: OpenAI
):
    refusal = InvalidRequestError("Too long.", code="context_length_exceeded", param="messages")
    server.engine.says(Script(error=refusal))
    with pytest.raises(BadRequestError) as refused:
        client.chat.completions.create(model=BASE, messages=HELLO, stream=True)
    assert refused.value.code == "context_length_exceeded"


def test_what_fails_later_ends_the_stream_with_an_error(server: RunningServer, client: OpenAI):
    server.engine.says(Script(text="half of it", error=UnavailableError("It stopped.")))
    pieces = []

    def read() -> None:
        for chunk in client.chat.completions.create(model=BASE, messages=HELLO, stream=True):
            pieces.append(chunk.choices[0].delta.content or "")

    with pytest.raises(APIError, match="It stopped"):
        read()
    assert "".join(pieces) == "half of it"


def test_stream_options_need_a_stream(client: OpenAI):
    with pytest.raises(BadRequestError) as refused:
        client.chat.completions.create(
            model=BASE, messages=HELLO, stream_options={"include_usage": True}
        )
    assert refused.value.param == "stream_options"
