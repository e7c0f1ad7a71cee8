"""One server of ours as the remote of another: the built-in model, the official client."""

from collections.abc import Iterator

import pytest
from openai import OpenAI
from pydantic import BaseModel

from tests.api.harness import RunningServer, running_server

MODEL = "understudy-nano"
HELLO = [{"role": "user", "content": "Hello, who are you?"}]


@pytest.fixture(scope="module")
def near(whole: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAR_TEST_KEY", whole.new_project()[1])
        table = (
            f'[remote_models.far]\nbase_url = "{whole.url}/v1"\nmodel = "{MODEL}"\n'
            'api_key_env = "FAR_TEST_KEY"\n'
        )
        with running_server(tmp_path_factory.mktemp("near"), table) as server:
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
