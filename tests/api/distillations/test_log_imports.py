"""Logs of other programs become stored completions."""

import json
from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from tests.api.harness import RunningServer

ROUTE = "/x/chat/completions/import"
QUESTION = [{"role": "user", "content": "Norway?"}]
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "look", "arguments": '{"place": "Oslo"}'},
}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}


def completion(text: str = "Oslo", id: str = "chatcmpl-old") -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "refusal": None}
    return {
        "id": id,
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": "gpt-4.1-2025-04-14",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": USAGE,
    }


PAIR = {"request": {"model": "gpt-4.1", "messages": QUESTION}, "response": completion()}
BATCH = {
    "custom_id": "1",
    "body": {"model": "gpt-4.1", "messages": QUESTION},
    "response": {"status_code": 200, "body": completion()},
}
RESPONSES = {
    "request": {"model": "gpt-4.1", "input": "Norway?"},
    "response": {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_760_000_000,
        "model": "gpt-4.1-2025-04-14",
        "status": "completed",
        "output": [
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": "Oslo", "annotations": []}],
            }
        ],
        "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7},
    },
}
LITELLM = {
    "id": "chatcmpl-old",
    "call_type": "acompletion",
    "status": "success",
    "model": "gpt-4.1-2025-04-14",
    "messages": QUESTION,
    "response": completion(),
    "model_parameters": {"temperature": 0},
    "startTime": 1_760_000_000.5,
    "endTime": 1_760_000_001.5,
    "prompt_tokens": 5,
    "completion_tokens": 2,
    "request_tags": ["triage"],
}


def attribute(key: str, value: Any) -> dict[str, Any]:
    if isinstance(value, int):
        return {"key": key, "value": {"intValue": str(value)}}
    text = value if isinstance(value, str) else json.dumps(value)
    return {"key": key, "value": {"stringValue": text}}


def span(**more: Any) -> dict[str, Any]:
    found = {
        "gen_ai.operation.name": "chat",
        "gen_ai.response.model": "gpt-4.1-2025-04-14",
        "gen_ai.response.id": "chatcmpl-old",
        "gen_ai.usage.input_tokens": 5,
        "gen_ai.usage.output_tokens": 2,
        "gen_ai.input.messages": [
            {"role": "user", "parts": [{"type": "text", "content": "Norway?"}]}
        ],
        "gen_ai.output.messages": [
            {
                "role": "assistant",
                "finish_reason": "stop",
                "parts": [{"type": "text", "content": "Oslo"}],
            }
        ],
        **more,
    }
    return {
        "spanId": "a1",
        "startTimeUnixNano": "1760000000000000000",
        "attributes": [attribute(key, value) for key, value in found.items()],
    }


def export(*spans: dict[str, Any]) -> dict[str, Any]:
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}


def imported(client: OpenAI, *lines: Any, **options: Any) -> Any:
    text = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines)
    file = client.files.create(file=("log.jsonl", text.encode()), purpose="user_data")
    return client.post(ROUTE, cast_to=object, body={"file_id": file.id, **options})


@pytest.mark.parametrize(
    "line",
    [PAIR, BATCH, RESPONSES, LITELLM, export(span()), span()],
    ids=["pair", "batch", "responses", "litellm", "otlp", "span"],
)
def test_a_logged_call_of_each_form_is_a_stored_completion(client: OpenAI, line: dict[str, Any]):
    found = imported(client, line, metadata={"from": "log"})

    assert (found["imported"], found["known"], found["refused"]) == (1, 0, 0)
    (stored,) = client.chat.completions.list(metadata={"from": "log"}).data
    assert stored.model == "gpt-4.1-2025-04-14"
    assert stored.choices[0].message.content == "Oslo"
    assert stored.choices[0].finish_reason == "stop"
    assert stored.created == 1_760_000_000
    assert (stored.usage.prompt_tokens, stored.usage.completion_tokens) == (5, 2)
    asked = client.chat.completions.messages.list(stored.id).data
    assert [(each.role, each.content) for each in asked] == [("user", "Norway?")]


def test_the_same_log_twice_is_imported_once(client: OpenAI):
    imported(client, PAIR)

    assert imported(client, PAIR, PAIR)["known"] == 2
    assert len(client.chat.completions.list().data) == 1


def test_the_same_log_can_be_imported_by_two_projects(server: RunningServer, client: OpenAI):
    imported(client, PAIR)
    _, key = server.new_project()
    other = server.client(key)

    assert imported(other, PAIR)["imported"] == 1
    assert len(other.chat.completions.list().data) == 1


def test_tool_calls_and_their_results_of_spans_are_those_of_a_chat(client: OpenAI):
    conversation = [
        {"role": "user", "parts": [{"type": "text", "content": "Where?"}]},
        {
            "role": "assistant",
            "parts": [
                {"type": "tool_call", "id": "call_0", "name": "look", "arguments": {"place": "?"}}
            ],
        },
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "call_0", "response": {"n": 1}}],
        },
    ]
    answer = [
        {
            "role": "assistant",
            "finish_reason": "tool_call",
            "parts": [
                {"type": "tool_call", "id": "call_1", "name": "look", "arguments": {"place": "x"}}
            ],
        }
    ]
    definitions = [{"type": "function", "name": "look", "parameters": {"type": "object"}}]
    tools_of_agent = span(**{"gen_ai.operation.name": "execute_tool"})

    imported(
        client,
        export(
            tools_of_agent,
            span(
                **{
                    "gen_ai.input.messages": conversation,
                    "gen_ai.output.messages": answer,
                    "gen_ai.tool.definitions": definitions,
                    "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
                }
            ),
        ),
    )

    (stored,) = client.chat.completions.list().data
    assert stored.choices[0].finish_reason == "tool_calls"
    call = stored.choices[0].message.tool_calls[0]
    assert (call.id, json.loads(call.function.arguments)) == ("call_1", {"place": "x"})
    roles = [each.role for each in client.chat.completions.messages.list(stored.id).data]
    assert roles == ["system", "user", "assistant", "tool"]
    assert stored.to_dict()["tools"][0]["function"]["name"] == "look"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "Line 2 is not a JSON object"),
        ({"prompt": "a"}, "Line 2 is of no known form"),
        ({"request": {}, "response": completion()}, "Line 2 has no list 'messages'"),
        (LITELLM | {"status": "failure"}, "Line 2 is a call that failed"),
        (LITELLM | {"response": "redacted-by-litellm"}, "Line 2 has no answer"),
        (LITELLM | {"call_type": "aembedding"}, "Line 2 is a call of the type 'aembedding'"),
        (span(**{"gen_ai.input.messages": ""}), "Line 2 has a 'gen_ai.input.messages' that"),
        (
            {"request": {"messages": [{"role": "critic"}]}, "response": completion()},
            "Line 2 asks what cannot be asked here",
        ),
    ],
)
def test_a_line_that_cannot_be_taken_is_named_and_nothing_is_stored(
    client: OpenAI, line: Any, words: str
):
    with pytest.raises(BadRequestError) as refused:
        imported(client, PAIR, line)

    assert words in refused.value.message
    assert client.chat.completions.list().data == []

    found = imported(client, PAIR, line, partial=True)
    assert (found["imported"], found["refused"]) == (1, 1)
    assert found["problems"][0]["line"] == 2


def test_an_imported_call_with_tools_can_be_distilled(client: OpenAI):
    answer = completion()
    answer["choices"][0] |= {
        "message": {"role": "assistant", "content": None, "tool_calls": [CALL]},
        "finish_reason": "tool_calls",
    }
    request = {"model": "gpt-4.1", "messages": QUESTION, "tools": [TOOL]}
    imported(client, {"request": request, "response": answer})

    preview: Any = client.post(
        "/x/distillations/preview",
        cast_to=object,
        body={"source": {"type": "stored_completions"}, "student": "tiny/chat"},
    )

    assert preview["counts"]["kept"] == 1
    assert preview["examples"][0]["messages"][-1] == {"role": "assistant", "tool_calls": [CALL]}
