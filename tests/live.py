"""A whole server as a user starts it: `understudy serve` with its processes, on a free port."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import httpx2
from openai import OpenAI

from tests.postgresql import on_postgresql, shared_cluster

KEY = "sk-test-" + "k" * 40
_READY_SECONDS = 60.0


class LiveServer:
    """A running server; it may be killed and started again on the same home and port."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.port = 0
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self._clients: list[OpenAI] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def client(self, **settings: object) -> OpenAI:
        client = OpenAI(base_url=self.url, api_key=KEY, **settings)
        self._clients.append(client)
        return client

    def start(self, *, errors: IO[str] | None = None) -> None:
        """Return when it is ready; `errors` takes what its processes write to standard error."""
        _name_database(self.home)
        self._process = subprocess.Popen(
            (
                *(sys.executable, "-m", "understudy", "serve", "--home", str(self.home)),
                *("--port", str(self.port), *self._options),
            ),
            env=os.environ | {"UNDERSTUDY_BOOTSTRAP_KEY": KEY},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("Ready at "):
                self.port = int(line.split("127.0.0.1:")[1].split("/")[0])
                self._wait_ready()
                return
        raise AssertionError("the server ended before it was ready")

    def children(self) -> dict[str, int]:
        """The process ids of the supervisor's children, by what they are."""
        assert self._process is not None
        found = {}
        for directory in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                parent = (directory / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == self._process.pid:
                    command = (directory / "cmdline").read_text()
                    found[_role(command)] = int(directory.name)
        return found

    def kill(self, who: str) -> None:
        """SIGKILL one process, or with "all" every one of them and the supervisor first."""
        assert self._process is not None
        children = self.children()
        if who == "all":
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
        for role, pid in children.items():
            if who in ("all", role):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=30)
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            with suppress(httpx2.HTTPError):
                if httpx2.get(self.url.replace("/v1", "/readyz")).status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError("the server did not become ready")


def _role(command: str) -> str:
    modules = {
        "engine": "inference.process",
        "trainer": "worker.trainer",
        "runner": "worker.runner",
    }
    for role, module in modules.items():
        if module in command:
            return role
    return "api" if "understudy.server" in command else "other"


def _name_database(home: Path) -> None:
    """Let a server use PostgreSQL where the tests are asked for it; a home keeps the one it has."""
    file = home / "understudy.toml"
    written = file.read_text() if file.exists() else ""
    if on_postgresql() and "database_url" not in written:
        home.mkdir(parents=True, exist_ok=True)
        file.write_text(f'database_url = "{shared_cluster().new_database()}"\n{written}')


@contextmanager
def live_server(home: Path, *options: str) -> Iterator[LiveServer]:
    server = LiveServer(home, *options)
    server.start()
    try:
        yield server
    finally:
        server.stop()
