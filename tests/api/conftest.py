"""One server for all API tests; every test has a project of its own."""

from collections.abc import Iterator

import pytest
from openai import OpenAI

from tests.api.harness import RunningServer, running_server, wait_until


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose engine is a process with real weights."""
    home = tmp_path_factory.mktemp("whole")
    with running_server(home, engine_process=True) as running:
        wait_until(lambda: running.http.get("/readyz").status_code == 200, timeout_seconds=60)
        yield running


@pytest.fixture
def project(server: RunningServer) -> tuple[str, str]:
    """A fresh project's id and key."""
    return server.new_project()


@pytest.fixture
def key(project: tuple[str, str]) -> str:
    return project[1]


@pytest.fixture
def client(server: RunningServer, key: str) -> OpenAI:
    return server.client(key)
