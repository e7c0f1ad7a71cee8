"""One server of ours as the remote of another: the built-in model, the official client."""

from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI
from pydantic import BaseModel

from tests.api.harness import RunningServer, running_server, wait_until

MODEL = "understudy-nano"
HELLO = [{"role": "user", "content": "Hello, who are you?"}]


@pytest.fixture(scope="module")
def near(whole: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAR_TEST_KEY", whole.new_project()[1])
        tables = "".join(
            f'[remote_models.{name}]\nbase_url = "{whole.url}/v1"\nmodel = "{MODEL}"\n'
            'api_key_env = "FAR_TEST_KEY"\n'
            for name in ("far", "new")
        )
        with running_server(tmp_path_factory.mktemp("near"), tables) as server:
            yield server


def test_what_a_remote_says_is_what_it_says_to_its_own_clients(
    near: RunningServer, whole: RunningServer
):
    here, there = (server.client(server.new_project()[1]) for server in (near, whole))
    request = {"messages": HELLO, "seed": 11, "max_tokens": 24}
    own = there.chat.completions.create(model=MODEL, **request)
    passed_on = here.chat.completions.create(model="far", **request)
    chunks = here.chat.completions.create(
        model="far", **request, stream=True, stream_options={"include_usage": True}
    )
    pieces = list(chunks)
    text = "".join(p.choices[0].delta.content or "" for p in pieces if p.choices)
    assert own.choices[0].message.content == passed_on.choices[0].message.content == text
    assert passed_on.model == "far"
    for usage in (passed_on.usage, pieces[-1].usage):
        assert usage.completion_tokens == own.usage.completion_tokens
        assert usage.prompt_tokens == own.usage.prompt_tokens


def test_a_remote_keeps_to_a_schema(near: RunningServer):
    class Mood(BaseModel):
        is_good: bool

    client: OpenAI = near.client(near.new_project()[1])
    answer = client.chat.completions.parse(
        model="far", messages=HELLO, response_format=Mood, max_tokens=40
    )
    assert isinstance(answer.choices[0].message.parsed, Mood)


def test_a_model_in_the_shadow_of_itself_agrees_with_itself(near: RunningServer):
    client = near.client(near.new_project()[1])
    name = "ft:gpt-4o-mini-2024-07-18:acme:triage:abc123"
    client.put(f"/x/shadows/{name}", cast_to=object, body={"old": "far", "new": "new"})

    answer = client.chat.completions.create(
        model=name, messages=HELLO, temperature=0, max_tokens=24
    )
    client.responses.create(model=name, input="Hello?", temperature=0, max_output_tokens=24)

    def look() -> Any:
        return client.get(f"/x/shadows/{name}", cast_to=object)

    wait_until(lambda: look()["compared"] == 2, timeout_seconds=30)
    assert answer.model == "far"
    (whole, *_) = look()["agreement"]
    assert (whole["same"], whole["total"]) == (2, 2)
