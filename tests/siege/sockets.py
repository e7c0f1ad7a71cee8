"""The n-th connect, read or write between API and engine fails, or the connection is cut there."""

import argparse
import asyncio
import errno
import itertools
import logging
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from httpx2 import HTTPError

from tests.api.harness import BASE, RunningServer, running_server, wait_until
from tests.siege.findings import Findings

_log = logging.getLogger("tests.siege")

_ANSWER = "One two three."
_CHAT = {"model": BASE, "messages": [{"role": "user", "content": "Hi"}]}
_AWAY = 503
_LATEST = ("completed", "failed")
_MAX_SECONDS = 20.0


class Cut(Enum):
    """What happens at a call."""

    FAILS = "fails"
    CLOSES = "closes"
    HALF = "sends half"
    """Of what is written, and then closes; a read closes."""


class Wires:
    """Counts the calls on streams of this process, of which only API and engine have some."""

    def __init__(self, cut: Cut, at: int) -> None:
        self._cut, self._at = cut, at
        self._counting = threading.Lock()
        self.calls = 0

    @contextmanager
    def around(self) -> Generator[None]:
        """Put the faults into this process, for as long as the context lasts."""
        connect = asyncio.open_unix_connection
        read, write = asyncio.StreamReader.readexactly, asyncio.StreamWriter.write

        async def connecting(path: str) -> Any:
            if self._is_now():
                raise ConnectionRefusedError(errno.ECONNREFUSED, "a fault")
            return await connect(path)

        async def reading(reader: asyncio.StreamReader, count: int) -> bytes:
            if self._is_now():
                if self._cut is Cut.FAILS:
                    raise ConnectionResetError(errno.ECONNRESET, "a fault")
                transport: Any = vars(reader)["_transport"]
                transport.abort()
            return await read(reader, count)

        def writing(writer: asyncio.StreamWriter, data: bytes) -> None:
            if not self._is_now():
                write(writer, data)
                return
            if self._cut is Cut.HALF:
                write(writer, data[: len(data) // 2])
                writer.close()
            else:
                writer.transport.abort()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asyncio, "open_unix_connection", connecting)
            patch.setattr(asyncio.StreamReader, "readexactly", reading)
            patch.setattr(asyncio.StreamWriter, "write", writing)
            yield

    def _is_now(self) -> bool:
        with self._counting:
            self.calls += 1
            return self.calls == self._at


def chat(server: RunningServer, headers: dict[str, str]) -> Iterator[str]:
    """An answer comes whole, or nothing of it."""
    answer = server.http.post("/v1/chat/completions", json=_CHAT, headers=headers)
    yield str(answer.status_code)
    if answer.status_code == 200 and answer.json()["choices"][0]["message"]["content"] != _ANSWER:
        yield "an answer that was cut is given as whole"


def stream(server: RunningServer, headers: dict[str, str]) -> Iterator[str]:
    """A stream ends with its mark, or says that it was cut."""
    answer = server.http.post(
        "/v1/chat/completions", json=_CHAT | {"stream": True}, headers=headers
    )
    is_whole = '"finish_reason":"stop"' in answer.text.replace(" ", "")
    has_error = '"error"' in answer.text
    yield str(_AWAY if answer.status_code == 200 and has_error else answer.status_code)
    if is_whole == has_error:
        yield "a stream says neither that it is whole nor that it broke off"


def background(server: RunningServer, headers: dict[str, str]) -> Iterator[str]:
    """A background response ends, and is whole where it says so."""
    asked = {"model": BASE, "input": "Hi", "background": True}
    made = server.http.post("/v1/responses", json=asked, headers=headers)
    yield str(made.status_code)
    if made.status_code != 200:
        return
    path = f"/v1/responses/{made.json()['id']}"

    def now() -> Any:
        return server.http.get(path, headers=headers).json()

    wait_until(lambda: now()["status"] in _LATEST, _MAX_SECONDS)
    ended = now()
    if ended["status"] == "completed":
        if ended["output"][0]["content"][0]["text"] != _ANSWER:
            yield "a response that was cut is completed"
    elif ended["error"] is None:
        yield "a response failed without a cause"


Story = Callable[[RunningServer, dict[str, str]], Iterator[str]]
STORIES: tuple[Story, ...] = (chat, stream, background)


def besiege(server: RunningServer, *, most: int, first: int = 1, every: int = 1) -> Findings:
    """Cut the connection at each of its calls in turn, in every way, in every story."""
    findings = Findings()
    server.engine.says_by(lambda _request, _prompt: _ANSWER)
    headers = {"Authorization": f"Bearer {server.new_project('sockets')[1]}"}
    for story, cut in itertools.product(STORIES, Cut):
        name = f"{story.__name__} {cut.value}"
        for at in range(first, first + most, every):
            place = f"{name} at call {at}"
            wires = Wires(cut, at)
            with wires.around():
                _try(story, server, headers, place, (200, _AWAY), findings)
            if wires.calls < at:
                break
            findings.faults[name] += 1
            # The connection heals, and nothing waits for what will not come.
            _try(story, server, headers, f"{place}, again", (200,), findings)
        _log.info("%s: %d", name, findings.faults[name])
    return findings


def _try(
    story: Story,
    server: RunningServer,
    headers: dict[str, str],
    place: str,
    allowed: tuple[int, ...],
    findings: Findings,
) -> None:
    try:
        status, *broken = story(server, headers)
    except (AssertionError, HTTPError) as error:
        findings.add(place, [f"it hangs: {error!r}"])
        return
    if int(status) not in allowed:
        broken.append(f"status {status}")
    findings.add(place, broken)


def main() -> int:
    """Try every fault and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=1000)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("tests").setLevel(logging.INFO)
    with TemporaryDirectory() as directory, running_server(Path(directory) / "home") as server:
        findings = besiege(server, most=asked.most)
    return findings.say()


if __name__ == "__main__":
    sys.exit(main())
