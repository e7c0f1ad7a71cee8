"""How long metadata takes while a job trains and answers are streamed: a fixed rate of requests."""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from openai import OpenAI

from understudy.cli.demo.server import DemoServer, running_server
from understudy.cli.demo.tasks import demo_tasks

MODEL = "understudy-mini"
EPOCHS = 50
CONNECTIONS = 32
ANSWER_TOKENS = 256
_OK = b"HTTP/1.1 200"


def main() -> None:
    """Measure an idle server and a busy one, and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=300.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--streams", type=int, default=32)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as home,
        running_server(Path(home)) as server,
        OpenAI(base_url=server.base_url, api_key=server.api_key) as client,
    ):
        _measure(server, client, asked.rate, asked.seconds, asked.streams)


def _measure(server: DemoServer, client: OpenAI, rate: float, seconds: float, streams: int) -> None:
    file = client.files.create(file=demo_tasks()[0].training_path, purpose="fine-tune")
    paths = ["/v1/models", "/v1/files", f"/v1/files/{file.id}", "/v1/fine_tuning/jobs"]
    report("nothing else", asyncio.run(_paced(server, paths, rate, seconds)), seconds)
    job = client.fine_tuning.jobs.create(
        model=MODEL,
        training_file=file.id,
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": EPOCHS}}},
    )
    while job.status != "running":
        if job.status in ("failed", "cancelled"):
            raise SystemExit(f"The job {job.status}: {job.error}")
        time.sleep(0.2)
        job = client.fine_tuning.jobs.retrieve(job.id)
    paths += [f"/v1/fine_tuning/jobs/{job.id}", f"/v1/fine_tuning/jobs/{job.id}/events"]
    busy = asyncio.run(_beside(server, paths, rate, seconds, streams))
    status = client.fine_tuning.jobs.retrieve(job.id).status
    report(f"{streams} streams and a job that is {status}", busy, seconds)


def report(beside: str, seconds: Sequence[float], duration: float) -> None:
    """Print how long requests took, measured from when each was due, and the machine's load."""
    cuts = statistics.quantiles(seconds, n=100)
    print(
        f"{beside}: {len(seconds)} requests, {len(seconds) / duration:.0f} per second due; "
        f"median {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms, "
        f"longest {max(seconds) * 1000:.0f} ms; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


async def _beside(
    server: DemoServer, paths: Sequence[str], rate: float, seconds: float, streams: int
) -> list[float]:
    talking = [asyncio.create_task(_talk(server, number)) for number in range(streams)]
    try:
        return await _paced(server, paths, rate, seconds)
    finally:
        for task in talking:
            task.cancel()
        for ended in await asyncio.gather(*talking, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


async def _paced(
    server: DemoServer, paths: Sequence[str], rate: float, seconds: float
) -> list[float]:
    """Ask at a fixed rate, whatever the answers do: one that is late is counted as late."""
    taken: list[float] = []
    numbers = itertools.count()
    started_at = time.perf_counter()

    async def keep_asking() -> None:
        async with _connected(server) as (reader, writer):
            while (number := next(numbers)) < rate * seconds:
                due = started_at + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                path = paths[number % len(paths)]
                writer.write(f"GET {path} HTTP/1.1\r\n{_headers(server)}\r\n".encode())
                await _read(reader)
                taken.append(time.perf_counter() - due)

    await asyncio.gather(*(keep_asking() for _ in range(CONNECTIONS)))
    return taken


async def _talk(server: DemoServer, number: int) -> None:
    for turn in itertools.count():
        body = {
            "model": MODEL,
            "messages": [{"role": "user", "content": f"Story {number} of round {turn}"}],
            "max_tokens": ANSWER_TOKENS,
            "stream": True,
        }
        content = json.dumps(body).encode()
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\n{_headers(server)}connection: close\r\n"
            f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        )
        async with _connected(server) as (reader, writer):
            writer.write(head.encode() + content)
            answer = await reader.read()
            assert b"data: [DONE]" in answer, answer[:500]


async def _read(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(_OK), head
    length = next(
        line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
    )
    await reader.readexactly(int(length.partition(b":")[2]))


def _headers(server: DemoServer) -> str:
    place = urlsplit(server.base_url)
    return f"host: {place.netloc}\r\nauthorization: Bearer {server.api_key}\r\n"


@asynccontextmanager
async def _connected(
    server: DemoServer,
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    place = urlsplit(server.base_url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


if __name__ == "__main__":
    main()
