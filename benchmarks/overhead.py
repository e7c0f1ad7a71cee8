"""What the platform adds to a small job on a warm trainer, as the official client sees it.

Two waits of a job of 50 examples: from the answer to `jobs.create` to the event of the first step,
and from the event of the last step to the first answer of the tuned model. A longer job tells how
well `estimated_finish` holds.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from openai import OpenAI

from understudy.cli.demo.server import running_server
from understudy.cli.demo.tasks import demo_tasks

MODEL = "understudy-mini"
EXAMPLES = 50
ROUNDS = 5
POLL_SECONDS = 0.01
LIMIT_SECONDS = 600.0
ESTIMATES_AT = (0.25, 0.5, 0.75)


Value = TypeVar("Value")


class Waits(NamedTuple):
    """Seconds of one job."""

    to_first_step: float
    training: float
    to_success: float
    to_answer: float


def main() -> None:
    """Measure everything on a server of its own and print one line for each."""
    with (
        tempfile.TemporaryDirectory() as home,
        running_server(Path(home)) as server,
        OpenAI(base_url=server.base_url, api_key=server.api_key) as client,
    ):
        lines = demo_tasks()[0].training_path.read_bytes().splitlines(keepends=True)
        content = b"".join(lines[:EXAMPLES])
        file = client.files.create(file=("chats.jsonl", content), purpose="fine-tune").id
        run_job(client, file)  # the first job finds the trainer cold
        rounds = [run_job(client, file) for _ in range(ROUNDS)]
        for name, values in zip(Waits._fields, zip(*rounds, strict=True), strict=True):
            print(f"{name.replace('_', ' '):24} {statistics.median(values):8.3f} s")
        added = [waits.to_first_step + waits.to_success + waits.to_answer for waits in rounds]
        print(f"{'added in all':24} {statistics.median(added):8.3f} s")
        for share, error in estimate_errors(client, file):
            print(f"estimate at {share:3.0%} of the run is off by {error:+.1%} of its length")


def run_job(client: OpenAI, file: str) -> Waits:
    """Train and ask once; return the waits."""
    job = client.fine_tuning.jobs.create(model=MODEL, training_file=file, seed=1)
    accepted = time.perf_counter()
    until(lambda: newest_step(client, job.id))
    first = time.perf_counter()
    until(lambda: is_past(newest_step(client, job.id), 1.0))
    last = time.perf_counter()
    model = until(lambda: client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model or "")
    succeeded = time.perf_counter()
    client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Hello"}], max_completion_tokens=1
    )
    answered = time.perf_counter()
    return Waits(first - accepted, last - first, succeeded - last, answered - succeeded)


def estimate_errors(client: OpenAI, file: str) -> list[tuple[float, float]]:
    """Run a longer job; return how far its estimates were off, as shares of its length."""
    job = client.fine_tuning.jobs.create(
        model=MODEL,
        training_file=file,
        validation_file=file,
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 8}}},
    )
    until(lambda: newest_step(client, job.id))
    begun = time.time()
    told: list[tuple[float, int]] = []
    for share in ESTIMATES_AT:
        until(lambda share=share: is_past(newest_step(client, job.id), share))
        estimate = client.fine_tuning.jobs.retrieve(job.id).estimated_finish
        if estimate is not None:
            told.append((share, estimate))
    until(lambda: client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model)
    ended = time.time()
    return [(share, (estimate - ended) / (ended - begun)) for share, estimate in told]


def newest_step(client: OpenAI, job_id: str) -> tuple[int, int] | None:
    """Return the newest step on record and the number of all; None before the first."""
    for event in client.fine_tuning.jobs.list_events(job_id, limit=20).data:
        if event.type == "metrics" and isinstance(event.data, dict):
            return event.data["step"], event.data["total_steps"]
    return None


def is_past(step: tuple[int, int] | None, share: float) -> bool:
    """Tell whether so much of the run is done."""
    return step is not None and step[0] >= share * step[1]


def until(ask: Callable[[], Value | None]) -> Value:
    """Ask until the answer is something."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(POLL_SECONDS)
    raise SystemExit("The job does not get anywhere; see the server's logs.")


if __name__ == "__main__":
    main()
