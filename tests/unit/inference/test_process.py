import asyncio
import contextlib
import os
import signal
import stat
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.unit.inference.support import PEFT_WARNING, expected_greedy, request_for
from understudy.errors import InvalidRequestError, OverloadedError, UnavailableError
from understudy.inference import client as client_module
from understudy.inference.client import EngineClient
from understudy.inference.frames import encode_frame
from understudy.inference.protocol import FinishEvent, GenerateRequest, TokenEvent

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings(PEFT_WARNING)]

READY_SECONDS = 60


class EngineProcess:
    """A real engine process on a socket in a temporary directory."""

    def __init__(self, directory: Path, *options: str) -> None:
        directory.mkdir(exist_ok=True)
        self.socket = directory / "engine.sock"
        self._options = options
        self._started: subprocess.Popen[bytes] | None = None
        self.parent_end = -1

    def start(self) -> "subprocess.Popen[bytes]":
        inherited, self.parent_end = os.pipe()
        command = [sys.executable, "-m", "understudy.inference.process", "--socket", self.socket]
        self._started = subprocess.Popen(
            [*command, "--threads=1", f"--parent-fd={inherited}", *self._options],
            pass_fds=[inherited],
            env={**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"},
        )
        os.close(inherited)
        return self._started

    def kill(self) -> None:
        assert self._started is not None
        self._started.kill()
        self._started.wait()
        self.close_parent_end()

    def close_parent_end(self) -> None:
        if self.parent_end >= 0:
            os.close(self.parent_end)
            self.parent_end = -1


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory, llama: Path) -> Iterator[EngineProcess]:
    options = ["--rows=4", "--waiting=4", "--warm", str(llama)]
    engine = EngineProcess(tmp_path_factory.mktemp("run"), *options)
    engine.start()
    yield engine
    engine.kill()


async def wait_ready(client: EngineClient) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while True:
            with contextlib.suppress(UnavailableError):
                await client.stats()
                return
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def connected(engine: EngineProcess) -> AsyncIterator[EngineClient]:
    client = EngineClient(engine.socket)
    try:
        await wait_ready(client)
        yield client
    finally:
        await client.close()


async def tokens_of(client: EngineClient, request: GenerateRequest) -> list[int]:
    events = [event async for event in client.generate(request)]
    assert isinstance(events[-1], FinishEvent)
    return [event.token_id for event in events if isinstance(event, TokenEvent)]


async def eventually_idle(client: EngineClient) -> None:
    async with asyncio.timeout(20):
        while (await client.stats()).running:
            await asyncio.sleep(0.01)


def test_only_the_user_may_connect(process: EngineProcess):
    async def scenario() -> None:
        async with connected(process):
            assert stat.S_IMODE(process.socket.stat().st_mode) == 0o600

    asyncio.run(scenario())


def test_many_requests_share_a_connection(
    process: EngineProcess, llama: Path, adapters: list[Path]
):
    async def scenario() -> None:
        async with connected(process) as client:
            requests = [
                request_for(llama, [4, number], adapter=adapter)
                for number, adapter in enumerate([None, *adapters])
            ]
            answers = await asyncio.gather(*(tokens_of(client, request) for request in requests))
            for number, adapter in enumerate([None, *adapters]):
                expected = expected_greedy(llama, [4, number], adapter=adapter).tokens
                assert answers[number] == expected

    asyncio.run(scenario())


def test_errors_keep_their_type_on_the_way(process: EngineProcess, llama: Path):
    async def scenario() -> None:
        async with connected(process) as client:
            with pytest.raises(InvalidRequestError) as refused:
                await tokens_of(client, request_for(llama, [4] * 600))
            assert refused.value.code == "context_length_exceeded"
            assert refused.value.param == "messages"
            endless = [request_for(llama, [4], max_tokens=500) for _ in range(20)]
            results = await asyncio.gather(
                *(tokens_of(client, request) for request in endless), return_exceptions=True
            )
            overloaded = [result for result in results if isinstance(result, OverloadedError)]
            assert overloaded
            assert overloaded[0].retry_after_seconds >= 0.5
            assert len([result for result in results if isinstance(result, list)]) >= 3

    asyncio.run(scenario())


def test_a_reader_that_leaves_cancels_its_request(process: EngineProcess, llama: Path):
    async def scenario() -> None:
        async with connected(process) as client:
            before = (await client.stats()).generated_tokens
            request = request_for(llama, [4], max_tokens=500)
            async with contextlib.aclosing(client.generate(request)) as events:
                await anext(events)
            await eventually_idle(client)
            assert (await client.stats()).generated_tokens < before + 400

    asyncio.run(scenario())


def test_a_stream_that_nobody_reads_is_given_up_and_harms_no_other_one(
    process: EngineProcess, llama: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(client_module, "_MAX_UNREAD", 200)

    async def scenario() -> None:
        async with connected(process) as client:
            stuck = client.generate(request_for(llama, [4], max_tokens=500, top_logprobs=20))
            await anext(stuck)
            assert len(await tokens_of(client, request_for(llama, [5]))) == 12
            await eventually_idle(client)
            with pytest.raises(UnavailableError, match="not read"):
                async for _ in stuck:
                    pass

    asyncio.run(scenario())


def test_a_client_that_goes_away_cancels_its_requests(process: EngineProcess, llama: Path):
    async def scenario() -> None:
        async with connected(process) as leaving:
            stream = leaving.generate(request_for(llama, [4], max_tokens=500))
            await anext(stream)
        with pytest.raises(UnavailableError):
            async for _ in stream:
                pass
        async with connected(process) as other:
            await eventually_idle(other)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">I", 3) + b"{{{",
        encode_frame([1, 2]),
        encode_frame({"stream": 1, "kind": "dance"}),
        encode_frame({"stream": 1, "kind": "generate", "request": {"model": 5}}),
        struct.pack(">I", 1 << 31),
        b"\x00",
    ],
)
def test_a_bad_frame_harms_nobody(frame: bytes, process: EngineProcess, llama: Path):
    async def scenario() -> None:
        async with connected(process) as client:
            reader, writer = await asyncio.open_unix_connection(process.socket)
            writer.write(frame)
            await writer.drain()
            assert len(await tokens_of(client, request_for(llama, [4]))) == 12
            writer.close()
            await reader.read()
            await writer.wait_closed()

    asyncio.run(scenario())


def test_a_killed_engine_is_reported_and_works_after_its_restart(
    process: EngineProcess, llama: Path
):
    async def scenario() -> None:
        async with connected(process) as client:
            stream = client.generate(request_for(llama, [4], max_tokens=500))
            await anext(stream)
            process.kill()
            with pytest.raises(UnavailableError):
                async for _ in stream:
                    pass
            with pytest.raises(UnavailableError):
                await tokens_of(client, request_for(llama, [4]))
            with pytest.raises(UnavailableError):
                await client.stats()
            process.start()
            await wait_ready(client)
            assert len(await tokens_of(client, request_for(llama, [4]))) == 12

    asyncio.run(scenario())


@pytest.mark.slow
def test_the_engine_ends_with_its_parent_and_when_it_is_told(tmp_path: Path):
    orphaned, told = EngineProcess(tmp_path / "1"), EngineProcess(tmp_path / "2")

    async def both_ready() -> None:
        async with connected(orphaned), connected(told):
            pass

    started = [engine.start() for engine in (orphaned, told)]
    asyncio.run(both_ready())
    orphaned.close_parent_end()
    started[1].send_signal(signal.SIGTERM)
    assert [process.wait(timeout=20) for process in started] == [0, 0]
    told.close_parent_end()
