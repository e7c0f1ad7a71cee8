"""A server that knows remote models, and the remote that answers for them."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from openai import OpenAI

from tests.api.harness import RunningServer, running_server
from tests.remote import KEY, MODEL, FakeRemote


@dataclass(frozen=True)
class Joined:
    server: RunningServer
    remote: FakeRemote


@pytest.fixture(scope="package")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Joined]:
    with FakeRemote().running() as remote, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMOTE_TEST_KEY", KEY)
        patch.delenv("REMOTE_KEY_THAT_IS_NOT_SET", raising=False)
        patch.setattr("understudy.answering.remote.connection._FIRST_PAUSE_SECONDS", 0.01)
        key = 'api_key_env = "REMOTE_TEST_KEY"'
        tables = (
            remote.table("teacher", key, f'model = "{MODEL}"', 'owned_by = "openai"'),
            remote.table(
                "impatient", key, f'model = "{MODEL}"', "timeout_seconds = 0.2", "max_retries = 0"
            ),
            remote.table("limited", f'model = "{MODEL}"', "requests_per_minute = 1"),
            remote.table("keyless", f'model = "{MODEL}"', "max_retries = 0"),
            remote.table("unset", 'api_key_env = "REMOTE_KEY_THAT_IS_NOT_SET"'),
            remote.table("lenient", key, f'model = "{MODEL}"', 'answers_as = "*"'),
            remote.table(
                "reasoner",
                key,
                f'model = "{MODEL}"',
                "fixed_sampling = true",
                'max_tokens_field = "max_tokens"',
            ),
            remote.table("embedder", key, 'task = "embedding"', 'model = "text-embedding-3-small"'),
            remote.table("forbidden", key, 'model = "gpt-5-forbidden"', "may_train = false"),
            '[remote_models."gone"]\nbase_url = "http://127.0.0.1:9/v1"\nmax_retries = 0\n',
        )
        home = tmp_path_factory.mktemp("joined")
        with running_server(home, "store_by_default = false\n" + "\n".join(tables)) as server:
            yield Joined(server, remote)


@pytest.fixture
def remote(joined: Joined) -> FakeRemote:
    joined.remote.says()
    return joined.remote


@pytest.fixture
def client(joined: Joined) -> OpenAI:
    return joined.server.client(joined.server.new_project()[1])
