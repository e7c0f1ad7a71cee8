"""The whole way of an answer: the official client, the server, the engine process, real weights."""

from typing import Literal

import pytest
from openai import BadRequestError, OpenAI, pydantic_function_tool
from pydantic import BaseModel, Field

from tests.api.harness import RunningServer

MODEL = "understudy-nano"
HELLO = [{"role": "user", "content": "Hello, who are you?"}]


@pytest.fixture
def client(whole: RunningServer) -> OpenAI:
    return whole.client(whole.new_project()[1])


def test_the_same_seed_gives_the_same_answer_whole_and_streamed(client: OpenAI):
    request = {"model": MODEL, "messages": HELLO, "seed": 11, "max_tokens": 24}
    answer = client.chat.completions.create(**request)
    assert answer.usage.completion_tokens > 0
    again = client.chat.completions.create(**request)
    stream = client.chat.completions.create(**request, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert answer.choices[0].message.content == again.choices[0].message.content == text
    assert answer.system_fingerprint == again.system_fingerprint


def test_choices_have_seeds_of_their_own(client: OpenAI):
    request = {"model": MODEL, "messages": HELLO, "max_tokens": 16, "temperature": 1.5}
    several = client.chat.completions.create(**request, n=4, seed=1)
    assert len({choice.message.content for choice in several.choices}) > 1
    second = client.chat.completions.create(**request, seed=2)
    assert second.choices[0].message.content == several.choices[1].message.content


def test_a_token_limit_of_one_gives_one_token(client: OpenAI):
    answer = client.chat.completions.create(
        model=MODEL, messages=HELLO, temperature=0, max_tokens=1
    )
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 1


def test_a_bias_forces_or_forbids_and_an_unknown_token_is_a_400(client: OpenAI):
    request = {"model": MODEL, "messages": HELLO, "max_tokens": 6, "temperature": 0}
    tokens = client.chat.completions.create(**request, logprobs=True, top_logprobs=20)
    first = tokens.choices[0].logprobs.content[0]
    assert first.token == first.top_logprobs[0].token
    assert first.logprob == pytest.approx(first.top_logprobs[0].logprob)
    forced = client.chat.completions.create(**request, logit_bias={"70": 100}, logprobs=True)
    assert len({token.token for token in forced.choices[0].logprobs.content}) == 1
    for more in ({}, {"stream": True}):
        with pytest.raises(BadRequestError, match="99999999 is not a token") as refused:
            client.chat.completions.create(**request, **more, logit_bias={"99999999": 1})
        assert refused.value.param == "logit_bias"


def test_a_text_is_as_likely_when_it_is_scored_as_when_it_was_made(client: OpenAI):
    prompt = "Hello, who are"
    request = {"model": MODEL, "temperature": 0, "logprobs": 1}
    made = client.completions.create(**request, prompt=prompt, max_tokens=8, echo=True)
    told = made.choices[0].logprobs
    ids = client.completions.create(**request, prompt=made.choices[0].text, max_tokens=0, echo=True)
    scored = ids.choices[0].logprobs
    assert scored.token_logprobs[0] is None
    assert "".join(scored.tokens) == "".join(told.tokens) == made.choices[0].text
    assert scored.tokens == told.tokens
    assert scored.token_logprobs[1:] == pytest.approx(told.token_logprobs[1:], abs=1e-3)


def test_the_best_of_several_is_the_likeliest(client: OpenAI):
    request = {"model": MODEL, "prompt": "Hello", "max_tokens": 6, "logprobs": 0, "seed": 3}
    all_made = client.completions.create(**request, n=5)

    def likelihood(choice) -> float:
        told = choice.logprobs.token_logprobs
        return sum(told) / max(1, len(told))

    best = client.completions.create(**request, n=1, best_of=5).choices[0]
    assert best.text == max(all_made.choices, key=likelihood).text


def test_a_conversation_goes_on_by_id_as_it_does_item_by_item(client: OpenAI):
    first = client.responses.create(model=MODEL, input="Hello, who are you?", temperature=0)
    question = {"role": "user", "content": "What is 2 plus 3?"}
    by_id = client.responses.create(
        model=MODEL, input=[question], previous_response_id=first.id, temperature=0
    )
    hello = {"role": "user", "content": "Hello, who are you?"}
    by_items = client.responses.create(
        model=MODEL, input=[hello, *first.output, question], temperature=0
    )
    assert by_id.output_text == by_items.output_text
    assert by_id.usage.input_tokens == by_items.usage.input_tokens


def test_what_was_read_before_is_told_with_the_usage(client: OpenAI):
    request = {"model": MODEL, "messages": [{"role": "user", "content": "Count to 30. " * 5}]}
    options = {"max_tokens": 3, "n": 3, "temperature": 1.0}
    first, again = (client.chat.completions.create(**request, **options) for _ in range(2))
    assert first.usage.prompt_tokens_details.cached_tokens < first.usage.prompt_tokens - 20
    assert again.usage.prompt_tokens_details.cached_tokens == first.usage.prompt_tokens - 1
    *_, last = client.chat.completions.create(
        **request, stop=["e", "a", "i", "o"], stream=True, stream_options={"include_usage": True}
    )
    assert last.usage.prompt_tokens_details.cached_tokens == first.usage.prompt_tokens - 1


class Reading(BaseModel):
    place: str = Field(max_length=20)
    degrees: int = Field(ge=-40, le=50)
    is_sunny: bool


class GetWeather(BaseModel):
    """Get the weather."""

    city: str = Field(max_length=20)
    unit: Literal["celsius", "fahrenheit"]


def test_the_parse_helper_gets_an_object_from_a_small_model(client: OpenAI):
    for seed in range(3):
        answer = client.chat.completions.parse(
            model=MODEL, messages=HELLO, response_format=Reading, seed=seed, temperature=1.5
        )
        reading = answer.choices[0].message.parsed
        assert isinstance(reading, Reading)
        assert answer.choices[0].finish_reason == "stop"


def test_the_stream_helper_gets_the_same_object_as_it_grows(client: OpenAI):
    request = {"model": MODEL, "messages": HELLO, "seed": 5, "response_format": Reading}
    with client.chat.completions.stream(**request) as stream:
        kinds = {event.type for event in stream}
        streamed = stream.get_final_completion().choices[0].message.parsed
    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert streamed == client.chat.completions.parse(**request).choices[0].message.parsed


def test_a_strict_tool_that_is_required_comes_parsed(client: OpenAI):
    tools = [pydantic_function_tool(GetWeather)]
    request = {"model": MODEL, "messages": HELLO, "tools": tools, "temperature": 1.5, "seed": 2}
    answer = client.chat.completions.parse(
        **request, tool_choice="required", parallel_tool_calls=False
    )
    (call,) = answer.choices[0].message.tool_calls
    assert isinstance(call.function.parsed_arguments, GetWeather)
    assert answer.choices[0].finish_reason == "tool_calls"
    with client.chat.completions.stream(
        **request, tool_choice="required", parallel_tool_calls=False
    ) as stream:
        (streamed,) = stream.get_final_completion().choices[0].message.tool_calls
    assert streamed.function.arguments == call.function.arguments


def test_log_probabilities_of_a_forced_answer_are_the_models_own(client: OpenAI):
    request = {"model": MODEL, "messages": HELLO, "max_tokens": 1, "temperature": 0}
    told = {"logprobs": True, "top_logprobs": 20}
    free = client.chat.completions.create(**request, **told).choices[0].logprobs.content[0]
    forced = client.chat.completions.create(
        **request, **told, response_format={"type": "json_object"}
    ).choices[0]
    assert forced.message.content == "{" or forced.message.content.startswith('{"')
    assert forced.finish_reason == "length"
    first = forced.logprobs.content[0]
    assert [t.token for t in first.top_logprobs] == [t.token for t in free.top_logprobs]
    assert first.logprob <= free.logprob
