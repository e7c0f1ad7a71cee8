"""The whole way of an answer: the official client, the server, the engine process, real weights."""

from collections.abc import Iterator

import pytest
from openai import BadRequestError, OpenAI

from tests.api.harness import RunningServer, running_server, wait_until

MODEL = "understudy-nano"
HELLO = [{"role": "user", "content": "Hello, who are you?"}]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    home = tmp_path_factory.mktemp("whole")
    with running_server(home, engine_process=True) as server:
        wait_until(lambda: server.http.get("/readyz").status_code == 200, timeout_seconds=60)
        yield server


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
