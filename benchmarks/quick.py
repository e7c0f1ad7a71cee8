"""How fast this machine is at what users wait for: a start, a job's steps, an answer's tokens."""

import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from openai import OpenAI

from understudy.cli.demo.server import running_server
from understudy.cli.demo.tasks import demo_tasks

MODEL = "understudy-mini"
ANSWERS = 48
AT_ONCE = 16
ANSWER_TOKENS = 64
EPOCHS = 2


class Answered(NamedTuple):
    """One streamed answer."""

    first_token_seconds: float
    tokens: int


def main() -> None:
    """Measure everything through the API, as a user meets it, and print one line for each."""
    with tempfile.TemporaryDirectory() as home:
        started_at = time.perf_counter()
        with running_server(Path(home)) as server:
            report("server ready", time.perf_counter() - started_at, "s")
            with OpenAI(base_url=server.base_url, api_key=server.api_key) as client:
                measure_training(client)
                measure_answers(client)


def measure_training(client: OpenAI) -> None:
    """Run one job on the demo's data and report its pace, the steps alone and with all around."""
    task = demo_tasks()[0]
    file = client.files.create(file=task.training_path, purpose="fine-tune")
    started_at = time.perf_counter()
    job = client.fine_tuning.jobs.create(
        model=MODEL,
        training_file=file.id,
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": EPOCHS}}},
    )
    while job.status not in ("succeeded", "failed", "cancelled"):
        time.sleep(0.05)
        job = client.fine_tuning.jobs.retrieve(job.id)
    seconds = time.perf_counter() - started_at
    if job.error is not None or job.trained_tokens is None:
        raise SystemExit(f"The job {job.status}: {job.error}")
    events = client.fine_tuning.jobs.list_events(job.id, limit=1000).data
    steps = sum(event.type == "metrics" for event in events)
    report(f"job of {steps} steps, {job.trained_tokens} tokens", seconds, "s")
    report("training, all included", job.trained_tokens / seconds, "tokens/s")


def measure_answers(client: OpenAI) -> None:
    """Report how long a first token takes, and the tokens a second of one and of many streams."""
    ask(client, 0)
    started_at = time.perf_counter()
    alone = [ask(client, seed) for seed in range(8)]
    seconds = time.perf_counter() - started_at
    first = statistics.median(answer.first_token_seconds for answer in alone)
    report("first token, one stream", first * 1000, "ms")
    report("answers, one stream", sum(answer.tokens for answer in alone) / seconds, "tokens/s")

    started_at = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        many = list(threads.map(ask, [client] * ANSWERS, range(ANSWERS)))
    seconds = time.perf_counter() - started_at
    report(
        f"answers, {AT_ONCE} streams", sum(answer.tokens for answer in many) / seconds, "tokens/s"
    )


def ask(client: OpenAI, seed: int) -> Answered:
    """Stream one answer to its end."""
    started_at = time.perf_counter()
    first_token_seconds = 0.0
    tokens = 0
    stream = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Tell me a long story about a red lighthouse."}],
        max_completion_tokens=ANSWER_TOKENS,
        temperature=1.0,
        seed=seed,
        stream=True,
        stream_options={"include_usage": True},
    )
    for chunk in stream:
        if not first_token_seconds and chunk.choices and chunk.choices[0].delta.content:
            first_token_seconds = time.perf_counter() - started_at
        if chunk.usage is not None:
            tokens = chunk.usage.completion_tokens
    return Answered(first_token_seconds, tokens)


def report(what: str, value: float, unit: str) -> None:
    """Print one measurement."""
    print(f"{what:36} {value:10,.1f} {unit}")


if __name__ == "__main__":
    main()
