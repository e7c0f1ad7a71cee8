"""A server that may talk to this machine, and somebody who listens."""

from collections.abc import Iterator

import pytest
from openai import OpenAI

from tests.api.harness import RunningServer, running_server
from tests.api.webhooks.receiver import Receiver, receiving


@pytest.fixture(scope="package")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    extra = "[webhooks]\nprivate_addresses = true\n"
    with running_server(tmp_path_factory.mktemp("open"), extra) as running:
        yield running


@pytest.fixture
def open_project(open_server: RunningServer) -> tuple[str, str]:
    return open_server.new_project()


@pytest.fixture
def open_client(open_server: RunningServer, open_project: tuple[str, str]) -> OpenAI:
    return open_server.client(open_project[1])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running
