"""Whole chat answers through the official client, with an engine that says what it is told."""

import json
import socket

import pytest
from openai import BadRequestError, InternalServerError, NotFoundError, OpenAI, RateLimitError
from openai.types.chat import ChatCompletionMessage

from tests.api.harness import ALIAS, BASE, RunningServer, add_tuned_model, wait_until
from tests.api.scripted_engine import Script
from understudy.errors import OverloadedError

HELLO = [{"role": "user", "content": "What is the weather in Paris?"}]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Get the weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]
CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>'


def ask(client: OpenAI, **more):
    return client.chat.completions.create(**({"model": BASE, "messages": HELLO} | more))


def test_an_answer_looks_as_recorded(server: RunningServer, client: OpenAI):
    server.engine.says("It is sunny.")
    raw = client.chat.completions.with_raw_response.create(model=ALIAS, messages=HELLO)
    body = json.loads(raw.text)
    prompt_tokens = len(server.engine.requests[0].prompt_ids)
    assert body.pop("id").startswith("chatcmpl-")
    assert body.pop("system_fingerprint").startswith("fp_")
    assert isinstance(body.pop("created"), int)
    completion_tokens = body["usage"]["completion_tokens"]
    assert completion_tokens > 0
    assert body == {
        "object": "chat.completion",
        "model": ALIAS,
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "It is sunny.",
                    "refusal": None,
                    "annotations": [],
                },
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
    }


def test_the_model_sees_the_conversation_through_its_own_template(
    server: RunningServer, client: OpenAI
):
    server.engine.says("ok")
    messages = [
        {"role": "developer", "content": "Be brief."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "a "}, {"type": "text", "text": "b"}],
        },
    ]
    ask(client, messages=messages)
    prompt = server.engine.prompts()[0]
    assert "system" in prompt
    assert "Be brief." in prompt
    assert "a b" in prompt


def test_a_tool_call_comes_out_as_one(server: RunningServer, client: OpenAI):
    server.engine.says(CALL)
    answer = ask(client, tools=TOOLS)
    choice = answer.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    call = choice.message.tool_calls[0]
    assert call.id.startswith("call_")
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    assert "get_weather" in server.engine.prompts()[0]


def test_an_answer_can_be_sent_back_with_the_result_of_its_call(
    server: RunningServer, client: OpenAI
):
    server.engine.says(CALL, "Sunny in Paris.")
    message = ask(client, tools=TOOLS).choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "sunny"}
    answer = ask(client, tools=TOOLS, messages=[*HELLO, message, result])
    assert answer.choices[0].message.content == "Sunny in Paris."
    assert "sunny" in server.engine.prompts()[1]


def test_a_call_of_a_function_that_was_not_offered_is_text(server: RunningServer, client: OpenAI):
    unknown = CALL.replace("get_weather", "web_search")
    server.engine.says(unknown)
    choice = ask(client, tools=TOOLS).choices[0]
    assert choice.message.tool_calls is None
    assert choice.message.content == unknown
    assert choice.finish_reason == "stop"


def test_a_refusal_can_be_sent_back_as_it_came(server: RunningServer, client: OpenAI):
    server.engine.says("Ask me something else then.")
    declined = ChatCompletionMessage(role="assistant", refusal="That I cannot say.").to_dict()
    answer = ask(client, messages=[*HELLO, declined | {"content": None}, *HELLO], store=True)
    assert "That I cannot say." in server.engine.prompts()[0]
    stored = client.chat.completions.messages.list(answer.id).data[1]
    assert (stored.content, stored.refusal) == (None, "That I cannot say.")


def test_without_parallel_calls_generation_ends_behind_the_first(
    server: RunningServer, client: OpenAI
):
    server.engine.says(Script(text=CALL + "\n", goes_on=True))
    choice = ask(client, tools=TOOLS, parallel_tool_calls=False).choices[0]
    assert len(choice.message.tool_calls) == 1
    assert choice.finish_reason == "tool_calls"
    wait_until(lambda: len(server.engine.cancelled) == 1)


def test_several_calls_are_kept_apart(server: RunningServer, client: OpenAI):
    server.engine.says(CALL + "\n" + CALL.replace("Paris", "Rome"))
    calls = ask(client, tools=TOOLS).choices[0].message.tool_calls
    assert [json.loads(call.function.arguments)["city"] for call in calls] == ["Paris", "Rome"]
    assert calls[0].id != calls[1].id


def test_with_the_choice_none_the_model_sees_no_tools(server: RunningServer, client: OpenAI):
    server.engine.says(CALL)
    choice = ask(client, tools=TOOLS, tool_choice="none").choices[0]
    assert choice.message.tool_calls is None
    assert choice.finish_reason == "stop"
    assert "get_weather" not in server.engine.prompts()[0]


def test_a_stop_text_ends_the_answer_and_is_not_part_of_it(server: RunningServer, client: OpenAI):
    server.engine.says(Script(text="one two three ", goes_on=True))
    choice = ask(client, stop=["three", "never"]).choices[0]
    assert choice.message.content == "one two "
    assert choice.finish_reason == "stop"
    wait_until(lambda: len(server.engine.cancelled) == 1)


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_token_limit_cuts_the_answer(server: RunningServer, client: OpenAI, name: str):
    server.engine.says(Script(text="word ", goes_on=True))
    answer = ask(client, **{name: 5})
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 5


def test_without_a_limit_an_answer_may_fill_the_context(server: RunningServer, client: OpenAI):
    server.engine.says("a", "b")
    ask(client)
    ask(client, max_tokens=1_000_000)
    for request in server.engine.requests:
        assert request.sampling.max_tokens == 512 - len(request.prompt_ids)


def test_sampling_reaches_the_engine(server: RunningServer, client: OpenAI):
    server.engine.says("a", "b")
    ask(client, temperature=0, top_p=0.5, seed=3)
    ask(client)
    first, second = (request.sampling for request in server.engine.requests)
    assert (first.temperature, first.top_p, first.seed) == (0, 0.5, 3)
    assert (second.temperature, second.top_p, second.seed) == (1, 1, None)


def test_several_choices_are_several_requests_with_seeds_of_their_own(
    server: RunningServer, client: OpenAI
):
    server.engine.says(*["same"] * 20)
    answer = ask(client, n=20, seed=5)
    assert [choice.index for choice in answer.choices] == list(range(20))
    assert {choice.message.content for choice in answer.choices} == {"same"}
    assert sorted(request.sampling.seed for request in server.engine.requests) == list(range(5, 25))
    one = len(server.engine.requests[0].prompt_ids)
    assert answer.usage.prompt_tokens == one


def test_a_tuned_model_answers_with_its_adapter(
    server: RunningServer, project: tuple[str, str], client: OpenAI
):
    tuned = add_tuned_model(server, project[0], client)
    server.engine.says("tuned")
    assert ask(client, model=tuned.name).model == tuned.name
    weights = server.engine.requests[0].model
    assert (weights.base, weights.adapter) == (BASE, tuned.name)
    assert weights.adapter_directory.endswith(tuned.job_id)


def test_a_tuned_model_whose_base_reads_differently_now_is_refused(
    server: RunningServer, project: tuple[str, str], client: OpenAI
):
    tuned = add_tuned_model(server, project[0], client, renderer_hash="0" * 64)
    with pytest.raises(BadRequestError, match="another tokenizer or chat template"):
        ask(client, model=tuned.name)


def test_an_unknown_model_is_a_404(client: OpenAI):
    with pytest.raises(NotFoundError) as missing:
        ask(client, model="gpt-none")
    assert missing.value.body == {
        "message": "The model `gpt-none` does not exist or you do not have access to it.",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }


def test_a_prompt_that_does_not_fit_is_refused(client: OpenAI):
    with pytest.raises(BadRequestError) as refused:
        ask(client, messages=[{"role": "user", "content": "word " * 3000}])
    assert (refused.value.code, refused.value.param) == ("context_length_exceeded", "messages")
    assert "maximum context length is 512 tokens" in refused.value.message


NOT_OFFERED = {
    "audio": {"voice": "alloy", "format": "wav"},
    "modalities": ["text", "audio"],
    "prediction": {"type": "content", "content": "x"},
    "web_search_options": {},
}


@pytest.mark.parametrize("name", NOT_OFFERED)
def test_what_would_change_the_answer_and_is_not_offered_is_refused(client: OpenAI, name: str):
    with pytest.raises(BadRequestError) as refused:
        ask(client, tools=TOOLS, extra_body={name: NOT_OFFERED[name]})
    assert (refused.value.code, refused.value.param) == ("unsupported_parameter", name)


def test_what_changes_nothing_is_accepted(server: RunningServer, client: OpenAI):
    neutral = {
        "response_format": {"type": "text"},
        "logprobs": False,
        "logit_bias": {},
        "frequency_penalty": 0,
        "presence_penalty": 0.0,
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "modalities": ["text"],
        "store": False,
        "user": "u",
        "safety_identifier": "s",
        "service_tier": "flex",
        "metadata": {"a": "b"},
        "prompt_cache_key": "k",
        "verbosity": "medium",
        "chat_template_kwargs": {"unknown": True},
    }
    server.engine.says("fine", "fine")
    assert ask(client, tools=TOOLS, extra_body=neutral).choices[0].message.content == "fine"
    nulls = dict.fromkeys([*neutral, *NOT_OFFERED, "stop", "n", "temperature", "stream_options"])
    assert ask(client, extra_body=nulls).choices[0].message.content == "fine"


def test_an_overloaded_engine_is_a_429_with_a_time_to_come_back(
    server: RunningServer, client: OpenAI
):
    server.engine.says(
        Script(error=OverloadedError("The queue is full.", retry_after_seconds=0.25))
    )
    with pytest.raises(RateLimitError) as refused:
        ask(client)
    assert refused.value.response.headers["retry-after-ms"] == "250"
    assert refused.value.response.headers["retry-after"] == "1"
    assert (refused.value.code, refused.value.type) == ("rate_limit_exceeded", "requests")


def test_an_engine_that_dies_is_a_503_and_the_next_answer_is_fine(
    server: RunningServer, client: OpenAI
):
    server.engine.says(Script(text="half", dies=True), "whole")
    with pytest.raises(InternalServerError) as failed:
        ask(client)
    assert failed.value.status_code == 503
    assert "retry-after-ms" in failed.value.response.headers
    assert ask(client).choices[0].message.content == "whole"


@pytest.mark.parametrize("more", [{}, {"stream": True}, {"n": 3}, {"stream": True, "n": 3}])
def test_a_client_that_leaves_cancels_what_is_generated_for_it(
    server: RunningServer, key: str, more: dict
):
    server.engine.says(*[Script(text="word ", goes_on=True)] * 3)
    body = json.dumps({"model": BASE, "messages": HELLO, "max_tokens": 400} | more).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    count = more.get("n", 1)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode() + body)
        wait_until(lambda: len(server.engine.requests) == count)
    wait_until(lambda: len(server.engine.cancelled) == count)


def test_a_conversation_far_too_long_is_refused_before_it_costs_anything(client: OpenAI):
    for messages in (HELLO * 2048, [{"role": "user", "content": "word " * 300_000}]):
        with pytest.raises(BadRequestError, match="resulted in at least"):
            ask(client, messages=messages)


def test_messages_may_be_two_thousand_and_no_more(server: RunningServer, key: str):
    answer = server.http.post(
        "/v1/chat/completions",
        headers={"Authorization": f"Bearer {key}"},
        json={"model": BASE, "messages": HELLO * 2049},
    )
    assert answer.json()["error"]["code"] == "array_above_max_length"


def test_reasoning_is_not_shown_but_its_tokens_are_counted(server: RunningServer, client: OpenAI):
    server.engine.says("Sunny.")
    plain = ask(client)
    server.engine.says("<think>\nParis is warm.\n</think>\n\nSunny.")
    thought = ask(client)
    assert thought.choices[0].message.content == "Sunny."
    assert thought.usage.completion_tokens > plain.usage.completion_tokens + 5
    server.engine.says("<think>\nParis is warm.\n</think>\n\nSunny.")
    chunks = list(ask(client, stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "Sunny."


def logprobs_of(client: OpenAI, **more) -> list:
    return ask(client, logprobs=True, **more).choices[0].logprobs.content


def test_log_probabilities_come_with_every_token_of_the_text(server: RunningServer, client: OpenAI):
    text = "Grüße aus Tōkyō \U0001f5fc!"
    server.engine.says(text, text)
    answer = ask(client, logprobs=True, top_logprobs=2)
    (choice,) = answer.choices
    assert choice.logprobs.refusal is None
    tokens = choice.logprobs.content
    assert b"".join(bytes(token.bytes) for token in tokens).decode() == text
    assert len(tokens) == answer.usage.completion_tokens
    assert any("\\x" in token.token for token in tokens), "no character has several tokens"
    for token in tokens:
        assert token.logprob == -0.5
        assert [other.logprob for other in token.top_logprobs] == [-0.5, -1.5]
        assert token.top_logprobs[0].bytes == token.bytes
    chunks = ask(client, logprobs=True, top_logprobs=2, stream=True)
    streamed = [chunk.choices[0].logprobs for chunk in chunks]
    assert [token.model_dump() for part in streamed if part for token in part.content] == [
        token.model_dump() for token in tokens
    ]


def test_log_probabilities_are_of_visible_text_only(server: RunningServer, client: OpenAI):
    def shown(said: str, **more) -> str:
        server.engine.says(said)
        tokens = logprobs_of(client, **more)
        assert all(token.top_logprobs == [] for token in tokens)
        return b"".join(bytes(token.bytes) for token in tokens).decode()

    assert shown("<think>\nwarm, k\n</think>\n\nkept warm").strip() == "kept warm"
    assert shown("Let me see.\n" + CALL, tools=TOOLS).strip() == "Let me see."
    assert shown(CALL, tools=TOOLS) == ""
    assert shown("one two three four", stop="three").startswith("one two ")
    server.engine.says("one two three four")
    assert len(logprobs_of(client, stop="three")) < len(server.engine.ids_of("one two three four"))


def test_likely_tokens_without_log_probabilities_are_refused(client: OpenAI):
    with pytest.raises(BadRequestError) as refused:
        ask(client, top_logprobs=3)
    assert refused.value.param == "top_logprobs"


def test_penalties_and_bias_reach_the_engine(server: RunningServer, client: OpenAI):
    server.engine.says("a")
    ask(client, frequency_penalty=0.5, presence_penalty=-2, logit_bias={"7": -100, "9": 3})
    sampling = server.engine.requests[0].sampling
    assert (sampling.frequency_penalty, sampling.presence_penalty) == (0.5, -2)
    assert sampling.logit_bias == ((7, -100), (9, 3))


@pytest.mark.parametrize("bias", [{"word": 1}, {"-1": 1}, {"7": 101}])
def test_a_bias_that_is_not_one_is_refused(client: OpenAI, bias: dict):
    with pytest.raises(BadRequestError) as refused:
        ask(client, logit_bias=bias)
    assert refused.value.param.startswith("logit_bias")
