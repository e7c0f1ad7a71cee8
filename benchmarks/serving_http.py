"""What HTTP and the API process add to the engine: throughput, first token, a published model."""

import asyncio
import json
import os
import statistics
import time
from collections.abc import Coroutine, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, NamedTuple

import torch
from openai import OpenAI

from benchmarks.serving_model import VOCABULARY
from understudy.cli.demo.server import DemoServer, running_server
from understudy.cli.demo.tasks import demo_tasks
from understudy.config.source import load_settings
from understudy.inference.client import EngineClient
from understudy.inference.protocol import GenerateRequest, ModelRef, Sampling, TokenEvent

MODEL = "bench/llama-135m"
CLIENTS = 32
NEW_TOKENS = 64
FIRST_TOKEN_RUNS = 4
TICKS = os.sysconf("SC_CLK_TCK")


def measure_http(home: Path, base: Path, rounds: int) -> None:
    """Compare 32 streaming clients with as many requests on the engine's own socket."""
    home.mkdir()
    (home / "understudy.toml").write_text(f'[models."{MODEL}"]\ndirectory = "{base}"\n')
    with running_server(home) as server:
        asyncio.run(_measure_http(server, base, rounds))


class Rate(NamedTuple):
    """Tokens in a unit of time."""

    per_second: float
    per_engine_second: float
    per_server_second: float


async def _measure_http(server: DemoServer, base: Path, rounds: int) -> None:
    engine = EngineClient(load_settings(server.home).engine_socket)
    await stream(server, "warm up", NEW_TOKENS)
    processes = (await engine.stats()).process_id, process_of("understudy.server", server.home)
    own: list[Rate] = []
    through: list[Rate] = []
    for turn in range(rounds):
        prompts = random_prompts(CLIENTS, 24, turn)
        own.append(
            await rate(processes, [read_all(engine, asked(base, p, NEW_TOKENS)) for p in prompts])
        )
        texts = [f"Story {number} of round {turn}" for number in range(CLIENTS)]
        through.append(await rate(processes, [stream(server, text, NEW_TOKENS) for text in texts]))
    print(
        f"\n| {CLIENTS} streams | tokens per second | per CPU-second of the engine "
        "| per CPU-second of engine and API |\n|---|--:|--:|--:|"
    )
    medians: list[Rate] = []
    for name, rates in (("the engine's own socket", own), ("HTTP", through)):
        medians.append(Rate(*map(statistics.median, zip(*rates, strict=True))))
        print(f"| {name} | " + " | ".join(f"{value:.0f}" for value in medians[-1]) + " |")
    ratios = [mine / socket for socket, mine in zip(*medians, strict=True)]
    print("| ratio | " + " | ".join(f"{value:.2f}" for value in ratios) + " |")
    prefill: list[float] = []
    first: list[float] = []
    for turn in range(FIRST_TOKEN_RUNS * rounds):
        text = f"{turn} " + "What do you think about that? " * 10
        seconds, prompt_tokens = await first_token(server, text)
        first.append(seconds * 1000)
        prefill.append(await prefill_seconds(engine, base, prompt_tokens, turn) * 1000)
    more = statistics.median(a - b for a, b in zip(first, prefill, strict=True))
    print(
        f"\nfirst token through HTTP {statistics.median(first):.1f} ms, of the engine for as many"
    )
    print(f"prompt tokens {statistics.median(prefill):.1f} ms; median difference {more:.1f} ms")
    await engine.close()


async def rate(processes: tuple[int, int], answers: Sequence[Coroutine[Any, Any, None]]) -> Rate:
    """Return how fast answers came that run at the same time; the engine's process comes first."""
    before = [cpu_seconds(process) for process in processes]
    started_at = time.perf_counter()
    await asyncio.gather(*answers)
    seconds = time.perf_counter() - started_at
    engine, api = (cpu_seconds(p) - used for p, used in zip(processes, before, strict=True))
    tokens = len(answers) * NEW_TOKENS
    return Rate(tokens / seconds, tokens / engine, tokens / (engine + api))


async def prefill_seconds(engine: EngineClient, base: Path, tokens: int, seed: int) -> float:
    """Return the seconds until the first token of an unknown prompt on the engine's socket."""
    (prompt,) = random_prompts(1, tokens, 10_000 + seed)
    started_at = time.perf_counter()
    await read_all(engine, asked(base, prompt, 1))
    return time.perf_counter() - started_at


async def read_all(engine: EngineClient, request: GenerateRequest) -> None:
    """Read one answer to its end."""
    tokens = 0
    async with aclosing(engine.generate(request)) as events:
        async for event in events:
            tokens += isinstance(event, TokenEvent)
    assert tokens == request.sampling.max_tokens


async def stream(server: DemoServer, text: str, tokens: int) -> None:
    """Stream one answer over a plain socket, so that the client costs next to nothing."""
    reader, writer = await ask(server, text, tokens)
    answer = await reader.read()
    assert b"data: [DONE]" in answer, answer[:500]
    writer.close()


async def first_token(server: DemoServer, text: str) -> tuple[float, int]:
    """Return the seconds until the first piece of text, and the prompt's tokens."""
    started_at = time.perf_counter()
    reader, writer = await ask(server, text, 2)
    seconds = 0.0
    answer = b""
    while chunk := await reader.read(65536):
        answer += chunk
        if not seconds and b'"delta":{"content"' in answer:
            seconds = time.perf_counter() - started_at
    writer.close()
    usage = json.loads(answer.rpartition(b'"usage":')[2].partition(b"}}")[0] + b"}}")
    return seconds, usage["prompt_tokens"]


async def ask(
    server: DemoServer, text: str, tokens: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send one request for a stream with usage."""
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": text}],
        "max_completion_tokens": tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    data = json.dumps(body).encode()
    port = int(server.base_url.split(":")[2].split("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Authorization: Bearer {server.api_key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(data)}\r\n\r\n"
    )
    writer.write(head.encode() + data)
    return reader, writer


def measure_publishing(home: Path, rounds: int) -> None:
    """Report how soon after its job's success a new model has answered for the first time."""
    home.mkdir()
    with (
        running_server(home) as server,
        OpenAI(base_url=server.base_url, api_key=server.api_key) as client,
    ):
        file = client.files.create(file=demo_tasks()[0].training_path, purpose="fine-tune")
        answer_seconds(client, "understudy-nano")
        first = [publish(client, file.id) for _ in range(rounds)]
    again = statistics.median(repeated for _, repeated in first) * 1000
    print(f"\nfirst answer of a new model {statistics.median(f for f, _ in first) * 1000:.1f} ms")
    print(f"after its job's success was seen, its next one {again:.1f} ms")


def publish(client: OpenAI, file: str) -> tuple[float, float]:
    """Train a model; return the seconds of its first answer and of the next one."""
    job = client.fine_tuning.jobs.create(
        model="understudy-nano",
        training_file=file,
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1}}},
    )
    while job.status not in ("succeeded", "failed", "cancelled"):
        time.sleep(0.005)
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.fine_tuned_model is not None, job.error
    return answer_seconds(client, job.fine_tuned_model), answer_seconds(
        client, job.fine_tuned_model
    )


def answer_seconds(client: OpenAI, model: str) -> float:
    """Return the seconds of an answer of one token."""
    started_at = time.perf_counter()
    client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Hello"}], max_completion_tokens=1
    )
    return time.perf_counter() - started_at


def asked(base: Path, prompt: Sequence[int], tokens: int) -> GenerateRequest:
    """Draw as the API does by default."""
    return GenerateRequest(
        request_id="bench",
        model=ModelRef(base=MODEL, base_directory=str(base)),
        prompt_ids=tuple(prompt),
        sampling=Sampling(
            temperature=1.0,
            top_p=1.0,
            max_tokens=tokens,
            seed=None,
            stop_ids=(),
            top_logprobs=0,
            frequency_penalty=0.0,
            presence_penalty=0.0,
            logit_bias=(),
        ),
    )


def random_prompts(count: int, tokens: int, seed: int) -> list[list[int]]:
    """Return prompts that nobody has read before."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(3, VOCABULARY, (count, tokens), generator=generator).tolist()


def process_of(module: str, home: Path) -> int:
    """Return the id of the process that runs a module for a home."""
    for entry in Path("/proc").glob("[0-9]*"):
        words = (entry / "cmdline").read_text().split("\0")
        if module in words and str(home) in words:
            return int(entry.name)
    raise AssertionError(f"{module} does not run")


def cpu_seconds(process: int) -> float:
    """Return the user and system time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
