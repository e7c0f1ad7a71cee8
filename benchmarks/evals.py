"""How much of the engine's batch rate an eval gets: the same 200 questions, with and without us.

The engine alone is asked by a bare client with as many requests in flight as a run has; an eval of
the same questions also renders, parses, grades, records and reports them. Rounds alternate, and the
rates are medians. Where others use the machine too, look at the tokens per second of processor
time, in which everything that the server does for an eval is counted.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from openai import OpenAI

from understudy.answering.models import ServedModel, ServedModels
from understudy.answering.plan import plan_chat
from understudy.answering.prompt import make_prompt
from understudy.answering.remote.model import RemoteModels
from understudy.answering.renderers import Renderers
from understudy.cli.demo.server import running_server
from understudy.config.source import load_settings
from understudy.inference.client import EngineClient
from understudy.inference.protocol import GenerateRequest, Sampling, TokenEvent
from understudy.registry.catalogue import catalogue_of
from understudy.schemas.chat.request import CreateChatCompletion
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.worker.runner.run import AT_ONCE

ITEMS = 200
TOKENS = 48


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default="understudy-mini")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    questions = [f"Tell me a long story about the number {number}." for number in range(ITEMS)]
    with tempfile.TemporaryDirectory() as home, running_server(Path(home)) as server:
        client = OpenAI(base_url=server.base_url, api_key=server.api_key)
        eval_id = make_eval(client)
        model = served_model(Path(home), arguments.model)
        socket = load_settings(Path(home)).engine_socket
        run_eval(client, eval_id, arguments.model, questions[:20])  # warms everything
        alone: list[Rate] = []
        evaluated: list[Rate] = []
        for _ in range(arguments.rounds):
            with measured(Path(home)) as finish:
                alone.append(finish(asyncio.run(engine_alone(socket, model, questions))))
            with measured(Path(home)) as finish:
                evaluated.append(finish(run_eval(client, eval_id, arguments.model, questions)))
    print(f"{arguments.model}, {ITEMS} items of up to {TOKENS} tokens, {arguments.rounds} rounds")
    print(f"{'tokens a second':22}{'engine alone':>14}{'as an eval':>14}{'share':>9}")
    for name, of in (("of the clock", by_clock), ("of processor time", by_processor)):
        engine, ours = statistics.median(map(of, alone)), statistics.median(map(of, evaluated))
        print(f"{name:22}{engine:14.0f}{ours:14.0f}{100 * ours / engine:8.1f} %")


class Rate(NamedTuple):
    """What one round took."""

    tokens: int
    seconds: float
    processor_seconds: float
    """Of all processes of the server, and of the client."""


def by_clock(rate: Rate) -> float:
    """Return tokens a second as a client sees them."""
    return rate.tokens / rate.seconds


def by_processor(rate: Rate) -> float:
    """Return tokens for each second of processor time."""
    return rate.tokens / rate.processor_seconds


@contextmanager
def measured(home: Path) -> Generator[Callable[[int], Rate]]:
    """Yield a function that ends the measurement of some tokens."""
    began, busy = time.perf_counter(), processor_seconds(home)

    def finish(tokens: int) -> Rate:
        return Rate(tokens, time.perf_counter() - began, processor_seconds(home) - busy)

    yield finish


def processor_seconds(home: Path) -> float:
    """Return the processor time so far of the processes that work for a home, and of this one.

    The bare client of the engine runs here, and so does the client that waits for a run.
    """
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str(home) in (process / "cmdline").read_text():
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK") + time.process_time()


def make_eval(client: OpenAI) -> str:
    """Make an eval that looks at each answer."""
    made = client.evals.create(
        data_source_config={
            "type": "custom",
            "item_schema": {"type": "object", "properties": {"question": {"type": "string"}}},
            "include_sample_schema": True,
        },
        testing_criteria=[
            {
                "type": "string_check",
                "name": "mentions it",
                "input": "{{ sample.output_text }}",
                "reference": "number",
                "operation": "ilike",
            }
        ],
    )
    return made.id


def run_eval(client: OpenAI, eval_id: str, model: str, questions: list[str]) -> int:
    """Run the eval to its end and return how many tokens were made."""
    run = client.evals.runs.create(
        eval_id,
        data_source={
            "type": "completions",
            "model": model,
            "source": {
                "type": "file_content",
                "content": [{"item": {"question": question}} for question in questions],
            },
            "input_messages": {
                "type": "template",
                "template": [{"role": "user", "content": "{{ item.question }}"}],
            },
            "sampling_params": {"temperature": 1.0, "seed": 1, "max_completion_tokens": TOKENS},
        },
    )
    while run.status in ("queued", "in_progress"):
        time.sleep(0.1)
        run = client.evals.runs.retrieve(run.id, eval_id=eval_id)
    assert run.status == "completed", run.error
    assert run.result_counts.errored == 0
    return sum(used.completion_tokens for used in run.per_model_usage)


async def engine_alone(socket: Path, model: ServedModel, questions: list[str]) -> int:
    """Ask the engine for the same answers and return how many tokens it made."""
    engine = EngineClient(socket)
    requests = [engine_request(model, question, n) for n, question in enumerate(questions)]
    waiting = iter(requests)

    async def ask_some() -> int:
        tokens = 0
        for request in waiting:
            async with aclosing(engine.generate(request)) as events:
                async for event in events:
                    tokens += isinstance(event, TokenEvent)
        return tokens

    tokens = sum(await asyncio.gather(*(ask_some() for _ in range(AT_ONCE))))
    await engine.close()
    return tokens


def engine_request(model: ServedModel, question: str, number: int) -> GenerateRequest:
    """Return what the API would ask the engine for this question."""
    request = CreateChatCompletion.model_validate(
        {"model": model.name, "messages": [{"role": "user", "content": question}]}
    )
    prompt = make_prompt(plan_chat(request), model)
    return GenerateRequest(
        request_id=f"alone-{number}",
        model=model.weights,
        prompt_ids=prompt.ids,
        sampling=Sampling(
            temperature=1.0,
            top_p=1.0,
            max_tokens=TOKENS,
            seed=1,
            stop_ids=model.renderer.stop_ids,
            top_logprobs=0,
            frequency_penalty=0.0,
            presence_penalty=0.0,
            logit_bias=(),
        ),
    )


def served_model(home: Path, name: str) -> ServedModel:
    """Return the model as the server of that home knows it."""
    settings = load_settings(home)
    catalogue = catalogue_of(
        settings.models, settings.aliases, settings.tunings, settings.template_dates
    )
    database = Database(settings.database_url)
    served = ServedModels(
        database=database,
        catalogue=lambda: catalogue,
        renderers=Renderers(),
        remotes=RemoteModels(max_wait_seconds=0.0, blobs=BlobStore(settings.blobs_directory)),
    )
    with database.read():
        return served.find_own("any project", name)


if __name__ == "__main__":
    main()
