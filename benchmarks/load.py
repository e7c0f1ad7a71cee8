"""Requests for metadata while a job trains and answers stream, long queues, long jobs, and a soak.

`python -m benchmarks.load` runs all of it on a server of its own; `--only` chooses parts. Latencies
count from when a request was due, so that a server that falls behind cannot hide it.
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from openai import OpenAI
from sqlalchemy import func, insert, inspect, select, update

from understudy.cli.demo.server import DemoServer, running_server
from understudy.cli.demo.tasks import demo_tasks
from understudy.config.source import load_settings
from understudy.ids import new_id
from understudy.jobs.lease import claim
from understudy.storage.database import Database
from understudy.storage.tables.jobs import JobEventRow, JobRow

MODEL = "understudy-nano"
CONNECTIONS = 60
PATHS = (
    "/v1/models",
    "/v1/files?limit=20",
    "/v1/fine_tuning/jobs?limit=20",
    "/v1/fine_tuning/jobs/{job}",
    "/v1/fine_tuning/jobs/{job}/events?limit=20",
    "/v1/fine_tuning/jobs/{job}/checkpoints",
)
_ROUNDS_A_JOB = 25
PARTS = ("metadata", "queue", "events", "soak")


class Wishes(NamedTuple):
    """How much of everything is asked for."""

    rate: int
    seconds: float
    streams: int
    jobs: int
    events: int
    soak_minutes: float


class Load:
    """One server with a long job in training, and the ways to load it."""

    def __init__(self, server: DemoServer, client: OpenAI, wishes: Wishes) -> None:
        self.server, self.client, self.wishes = server, client, wishes
        self.database = Database(load_settings(server.home).database_url)
        file = client.files.create(file=demo_tasks()[0].training_path, purpose="fine-tune")
        self.training = self._job(file.id, epochs=50)
        self.waiting = self._job(file.id, epochs=1)
        while client.fine_tuning.jobs.retrieve(self.training).status != "running":
            time.sleep(0.1)

    def _job(self, file: str, epochs: int) -> str:
        method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": epochs}}}
        jobs = self.client.fine_tuning.jobs
        return jobs.create(model=MODEL, training_file=file, method=method).id  # type: ignore[arg-type]

    def metadata(self) -> None:
        """Ask for metadata at a fixed rate, first with training alone and then with streams."""
        for streams in (0, self.wishes.streams):
            api = api_process(self.server.home)
            used = cpu_seconds(api)
            delays = asyncio.run(self._metadata(streams))
            say(f"metadata while a job trains and {streams} streams run", delays)
            # Unlike a latency, this does not depend on what else the machine does.
            cost = (cpu_seconds(api) - used) / len(delays) * 1000
            print(f"processor time of the API, streams included: {cost:.2f} ms a request")
        status = self.client.fine_tuning.jobs.retrieve(self.training).status
        print(f"the job is {status} after that")

    async def _metadata(self, streams: int) -> list[float]:
        streaming = [asyncio.create_task(self._stream(number)) for number in range(streams)]
        due = itertools.count()
        began = time.perf_counter() + 1.0
        every = 1 / self.wishes.rate
        asking = (self._ask(due, began, every) for _ in range(CONNECTIONS))
        delays = list(itertools.chain(*await asyncio.gather(*asking)))
        for task in streaming:
            task.cancel()
        await asyncio.gather(*streaming, return_exceptions=True)
        return delays

    async def _ask(self, due: "itertools.count[int]", began: float, every: float) -> list[float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        delays: list[float] = []
        for number in due:
            at = began + number * every
            if at > began + self.wishes.seconds:
                break
            await asyncio.sleep(at - time.perf_counter())
            path = PATHS[number % len(PATHS)].format(job=self.training)
            writer.write(f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert b" 200 " in head.partition(b"\r\n")[0], head
            await reader.readexactly(int(head.partition(b"content-length: ")[2].split()[0]))
            delays.append(time.perf_counter() - at)
        writer.close()
        return delays

    async def _stream(self, number: int) -> None:
        """Read one answer after the other until cancelled."""
        while True:
            body = (
                f'{{"model": "{MODEL}", "stream": true, "max_completion_tokens": 128, "messages": '
                f'[{{"role": "user", "content": "Story {number}"}}]}}'
            )
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(
                f"POST /v1/chat/completions HTTP/1.1\r\n{self._head}Connection: close\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                f"{body}".encode()
            )
            await reader.read()
            writer.close()

    def queue(self) -> None:
        """Queue many jobs, and look at the queue."""
        with self.database.write() as session:
            row = session.scalars(select(JobRow).where(JobRow.id == self.waiting)).one()
            same = {
                column.key: getattr(row, column.key)
                for column in inspect(JobRow).column_attrs
                if column.key != "seq"
            }
            copies = [same | {"id": new_id("ftjob-")} for _ in range(self.wishes.jobs)]
            session.execute(insert(JobRow), copies)
        jobs = self.client.fine_tuning.jobs
        say(f"list 100 of {self.wishes.jobs} queued jobs", timed(lambda: jobs.list(limit=100)))
        say("the overview's figures", timed(lambda: self._get("/x/overview")))
        say("the dashboard's list", timed(lambda: self._get("/x/fine_tuning/jobs?limit=50")))
        say("claim of the next job", timed(lambda: claim(self.database, "load")))
        with self.database.write() as session:
            others = JobRow.id.not_in((self.training, self.waiting))
            session.execute(update(JobRow).where(others).values(status="cancelled"))

    def events(self) -> None:
        """Give a job many events, and read them."""
        with self.database.write() as session:
            query = select(func.max(JobEventRow.seq)).where(JobEventRow.job_id == self.waiting)
            last = session.scalar(query) or 0
            session.execute(
                insert(JobEventRow), [self._event(last + n) for n in range(1, self.wishes.events)]
            )
        jobs = self.client.fine_tuning.jobs
        say(
            f"a page of {self.wishes.events} events",
            timed(lambda: jobs.list_events(self.waiting, limit=100)),
        )
        began = time.perf_counter()
        read = sum(1 for _ in jobs.list_events(self.waiting, limit=100))
        print(f"all {read} events, page after page: {time.perf_counter() - began:.1f} s")
        path = f"/x/fine_tuning/jobs/{self.waiting}/progress"
        say("the job's progress for the dashboard", timed(lambda: self._get(path)))

    def _event(self, number: int) -> dict[str, object]:
        return {
            "job_id": self.waiting, "seq": number, "id": new_id("ftevent-"), "key": f"n{number}",
            "created_at": int(time.time()), "level": "info", "type": "metrics",
            "message": f"Step {number}", "wording": None,
            "data": {"step": number, "total_steps": self.wishes.events, "train_loss": 1.0},
        }  # fmt: skip

    def soak(self) -> None:
        """Make and delete the same things for a while, jobs and eval runs too: what grows?"""
        for job in (self.waiting, self.training):
            self.client.fine_tuning.jobs.cancel(job)
        ends_at = time.monotonic() + 60 * self.wishes.soak_minutes
        seen: list[tuple[float, float, float, float]] = []
        rounds = 0
        while time.monotonic() < ends_at:
            self._make_and_delete()
            if rounds % _ROUNDS_A_JOB == 0:
                self._train_and_delete()
                self._evaluate_and_delete()
            rounds += 1
            if rounds % 10 == 0:
                seen.append((time.monotonic(), *resources(self.server.home)))
        print(f"soak: {rounds} rounds in {self.wishes.soak_minutes:g} minutes")
        # The first half warms up: pools, caches and the pages of the database.
        late = seen[len(seen) // 2 :]
        if len(late) < 2:
            print("too few measurements for a slope")
            return
        hours = [at / 3600 for at, *_ in late]
        for index, name in enumerate(("memory, MB", "descriptors", "disk, MB"), 1):
            values = [each[index] for each in late]
            slope = statistics.linear_regression(hours, values).slope
            print(f"{name:12} {values[0]:9.1f} to {values[-1]:9.1f}, {slope:+9.1f} an hour")

    def _make_and_delete(self) -> None:
        client = self.client
        file = client.files.create(file=("f.jsonl", b'{"a": 1}\n' * 1000), purpose="user_data")
        client.files.content(file.id)
        client.files.delete(file.id)
        asked = [{"role": "user", "content": "Hello"}]
        answer = client.chat.completions.create(
            model=MODEL,
            messages=asked,  # type: ignore[arg-type]
            max_completion_tokens=4,
            store=True,
        )
        client.chat.completions.delete(answer.id)
        response = client.responses.create(model=MODEL, input="Hello", max_output_tokens=16)
        client.responses.delete(response.id)

    def _train_and_delete(self) -> None:
        client = self.client
        line = {"messages": [{"role": role, "content": "Hello"} for role in ("user", "assistant")]}
        content = (json.dumps(line) + "\n").encode() * 10
        file = client.files.create(file=("f.jsonl", content), purpose="fine-tune")
        job = self._job(file.id, epochs=1)
        while (now := client.fine_tuning.jobs.retrieve(job)).status not in ("succeeded", "failed"):
            time.sleep(0.1)
        if now.fine_tuned_model is None:
            raise SystemExit(f"A job of the soak failed: {now.error}")
        client.models.delete(now.fine_tuned_model)
        for each in (file.id, *now.result_files):
            client.files.delete(each)

    def _evaluate_and_delete(self) -> None:
        evals = self.client.evals
        made = evals.create(
            name="soak",
            data_source_config={
                "type": "custom",
                "item_schema": {"type": "object", "properties": {"a": {"type": "string"}}},
                "include_sample_schema": True,
            },
            testing_criteria=[
                {
                    "type": "string_check", "name": "same", "operation": "eq",
                    "input": "{{ sample.output_text }}", "reference": "{{ item.a }}",
                }
            ],
        )  # fmt: skip
        rows = [{"item": {"a": str(number)}} for number in range(5)]
        asked = [{"role": "user", "content": "{{ item.a }}"}]
        run = evals.runs.create(
            made.id,
            data_source={  # type: ignore[arg-type]
                "type": "completions",
                "model": MODEL,
                "source": {"type": "file_content", "content": rows},
                "input_messages": {"type": "template", "template": asked},
                "sampling_params": {"max_completion_tokens": 4},
            },
        )
        while evals.runs.retrieve(run.id, eval_id=made.id).status in ("queued", "in_progress"):
            time.sleep(0.1)
        evals.delete(made.id)

    def _get(self, path: str) -> None:
        self.client.get(path, cast_to=object)

    @property
    def _port(self) -> int:
        return int(self.server.base_url.split(":")[2].split("/")[0])

    @property
    def _head(self) -> str:
        return f"Host: 127.0.0.1\r\nAuthorization: Bearer {self.server.api_key}\r\n"


def timed(ask: Callable[[], object], rounds: int = 20) -> list[float]:
    """Return the seconds that each of some calls took."""
    seconds: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - began)
    return seconds


def say(what: str, seconds: Sequence[float]) -> None:
    """Print percentiles in milliseconds, with the load of the machine beside."""
    ordered = sorted(seconds)
    p50, p99 = (ordered[int(share * (len(ordered) - 1))] * 1000 for share in (0.5, 0.99))
    load = os.getloadavg()[0]
    print(
        f"{what}: {len(ordered)} requests, p50 {p50:.1f} ms, p99 {p99:.1f} ms, "
        f"worst {ordered[-1] * 1000:.1f} ms (load {load:.1f})",
        flush=True,
    )


def api_process(home: Path) -> Path:
    """Return the directory under /proc of the server's API."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (process / "cmdline").read_bytes()
            if b"understudy.server\0" in command and str(home).encode() in command:
                return process
    raise SystemExit("The API does not run.")


def cpu_seconds(process: Path) -> float:
    """Return the processor time that a process has used."""
    used = (process / "stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def resources(home: Path) -> tuple[float, float, float]:
    """Return megabytes and descriptors of the server's processes, and megabytes of its home."""
    memory, descriptors = 0.0, 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(home).encode() not in (process / "cmdline").read_bytes():
                continue
            resident = (process / "statm").read_text().split()[1]
            descriptors += len([*(process / "fd").iterdir()])
        except OSError:
            # It ended meanwhile.
            continue
        memory += int(resident) * os.sysconf("SC_PAGE_SIZE") / 1024**2
    disk = sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) / 1024**2
    return memory, descriptors, disk


def main() -> None:
    """Measure what is asked for on a server of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=PARTS, choices=PARTS)
    parser.add_argument("--rate", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--streams", type=int, default=32)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--soak-minutes", type=float, default=60.0)
    asked = parser.parse_args()
    wishes = Wishes(
        asked.rate, asked.seconds, asked.streams, asked.jobs, asked.events, asked.soak_minutes
    )
    with (
        tempfile.TemporaryDirectory() as home,
        running_server(Path(home)) as server,
        OpenAI(base_url=server.base_url, api_key=server.api_key, timeout=120) as client,
    ):
        load = Load(server, client, wishes)
        for part in asked.only:
            {"metadata": load.metadata, "queue": load.queue, "events": load.events,
             "soak": load.soak}[part]()  # fmt: skip
        load.database.close()


if __name__ == "__main__":
    main()
