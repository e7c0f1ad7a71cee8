"""Much of everything: 10,000 jobs that wait, a job with 50,000 events, and a day in minutes."""

import argparse
import gc
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from sqlalchemy import inspect, select

from tests.api.harness import BASE, RunningServer, running_server
from tests.siege.town import LINE, Town
from understudy.ids import new_id
from understudy.jobs.lease import claim
from understudy.server.housekeeping import delete_expired_answers
from understudy.storage.database import Database
from understudy.storage.garbage import collect_blobs
from understudy.storage.tables.jobs import JobEventRow, JobRow

ROUNDS = 9
_AT_ONCE = 1000
_PAGE = 100
_HOUR = 3600
_DAY = 24 * _HOUR
_FILE_SECONDS = _HOUR


def crowd(database: Database, job_id: str, jobs: int) -> None:
    """Add as many waiting jobs, each like this one."""
    columns = [each.key for each in inspect(JobRow).column_attrs if each.key != "seq"]
    with database.write() as session:
        row = session.scalars(select(JobRow).where(JobRow.id == job_id)).one()
        like = {name: getattr(row, name) for name in columns}
    for begin in range(0, jobs, _AT_ONCE):
        with database.write() as session:
            session.add_all(
                JobRow(**like | {"id": new_id("ftjob-")})
                for _ in range(begin, min(begin + _AT_ONCE, jobs))
            )


def crowd_of_events(database: Database, job_id: str, events: int) -> None:
    """Add as many events to a job, each one of a step."""
    with database.read() as session:
        query = select(JobEventRow.seq).where(JobEventRow.job_id == job_id)
        first = max(session.scalars(query), default=0) + 1
        now = int(database.now(session))
    for begin in range(first, first + events, _AT_ONCE):
        with database.write() as session:
            session.add_all(
                JobEventRow(
                    job_id=job_id, seq=seq, id=new_id("ftevent-"), key=f"step {seq}",
                    created_at=now, level="info", type="metrics",
                    message=f"Step {seq}/{events}: training loss=0.50",
                    data={"step": seq, "total_steps": events, "train_loss": 0.5}, wording=None,
                )
                for seq in range(begin, min(begin + _AT_ONCE, first + events))
            )  # fmt: skip


def timed(name: str, work: Callable[[], object], rounds: int = ROUNDS) -> str:
    """Return how long something takes, as a line."""
    taken: list[float] = []
    for _ in range(rounds):
        started_at = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started_at) * 1000)
    return f"{name}: median {statistics.median(taken):.0f} ms, longest {max(taken):.0f} ms"


def with_jobs(server: RunningServer, town: Town, job_id: str, jobs: int) -> Iterator[str]:
    """Time what a queue makes longer; yield a line for each."""
    database = server.services.database
    crowd(database, job_id, jobs)
    path = "/v1/fine_tuning/jobs"
    yield timed(f"{_PAGE} of {jobs} queued jobs", lambda: town.ask("GET", f"{path}?limit={_PAGE}"))
    yield timed("the overview beside them", lambda: town.ask("GET", "/v1/x/overview"))
    yield timed("one of them", lambda: town.ask("GET", f"{path}/{job_id}"))
    yield timed("a claim", lambda: claim(database, "worker"))

    def through() -> None:
        _page_through(town, path, jobs)

    yield timed(f"all, {_PAGE} a page", through, 1)


def with_events(town: Town, database: Database, job_id: str, events: int) -> Iterator[str]:
    """Time what the events of a job make longer; yield a line for each."""
    crowd_of_events(database, job_id, events)
    path = f"/v1/fine_tuning/jobs/{job_id}/events"
    progress = f"/v1/x/fine_tuning/jobs/{job_id}/progress"
    yield timed(f"{_PAGE} of {events} events", lambda: town.ask("GET", f"{path}?limit={_PAGE}"))
    yield timed("progress from the beginning", lambda: town.ask("GET", progress))

    def through() -> None:
        _page_through(town, path, events)

    yield timed(f"all, {_PAGE} a page", through, 1)


def _page_through(town: Town, path: str, least: int) -> None:
    seen, after = 0, ""
    while True:
        page = town.ask("GET", f"{path}?limit={_PAGE}{after}")
        seen += len(page["data"])
        if not page["has_more"]:
            assert seen >= least
            return
        after = f"&after={page['data'][-1]['id']}"


class Held(NamedTuple):
    """What a process and a home hold at a time."""

    requests: int
    memory_mib: float
    descriptors: int
    disk_mib: float


def soak(server: RunningServer, town: Town, seconds: float) -> Iterator[str]:
    """Live a day of the database's clock in so many seconds; yield what is held over time."""
    database, blobs = server.services.database, server.services.blobs
    started_at, began = time.monotonic(), time.time()

    def now() -> float:
        return began + (time.monotonic() - started_at) * _DAY / seconds

    database._clock = now
    held: list[Held] = []
    requests, next_sweep, next_look = 0, 0.0, 0.0
    while (passed := time.monotonic() - started_at) < seconds:
        requests += _live(server, town)
        # A sweep every ten minutes of that day, since each takes real time.
        if passed >= next_sweep:
            next_sweep = passed + seconds / 144
            delete_expired_answers(database)
            collect_blobs(database, blobs, grace_seconds=1.0)
        if passed >= next_look:
            next_look = passed + seconds / 12
            held.append(_held(server.home, requests))
            yield (
                f"hour {passed * 24 / seconds:4.1f}: {held[-1].requests} requests, "
                f"{held[-1].memory_mib:.0f} MiB, {held[-1].descriptors} descriptors, "
                f"{held[-1].disk_mib:.1f} MiB on disk"
            )
    # The first third fills caches and pools, and files that have not expired yet.
    settled = held[len(held) // 3 :]
    thousands = [each.requests / 1000 for each in settled]
    for name in ("memory_mib", "descriptors", "disk_mib"):
        values = [float(getattr(each, name)) for each in settled]
        slope = statistics.linear_regression(thousands, values).slope
        yield f"{name}: {slope:+.3f} for every 1,000 requests of the last two thirds"


def _live(server: RunningServer, town: Town) -> int:
    """Do a little of everything, and delete what would be kept for weeks; return the requests."""
    lifetime = {"anchor": "created_at", "seconds": _FILE_SECONDS}
    file = server.client(town.key).files.create(
        file=os.urandom(2048).hex().encode(),
        purpose="user_data",
        expires_after=lifetime,  # type: ignore[arg-type]
    )
    chat: dict[str, Any] = {"model": BASE, "messages": LINE["messages"][:1], "store": True}
    kept = town.ask("POST", "/v1/chat/completions", chat)["id"]
    said = town.ask("POST", "/v1/responses", {"model": BASE, "input": "Hi"})["id"]
    reads = ("/v1/models", "/v1/files", "/v1/x/overview", f"/v1/files/{file.id}")
    for path in reads:
        town.ask("GET", path)
    town.ask("DELETE", f"/v1/chat/completions/{kept}")
    town.ask("DELETE", f"/v1/responses/{said}")
    return 5 + len(reads)


def _held(home: Path, requests: int) -> Held:
    gc.collect()
    status = Path("/proc/self/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    sizes = [path.stat().st_size for path in home.rglob("*") if path.is_file()]
    return Held(
        requests=requests,
        memory_mib=int(resident.split()[1]) / 1024,
        descriptors=len([*Path("/proc/self/fd").iterdir()]),
        disk_mib=sum(sizes) / 2**20,
    )


def main() -> None:
    """Measure everything and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=3600.0, help="in which the day passes")
    asked = parser.parse_args()
    with TemporaryDirectory() as directory, running_server(Path(directory) / "home") as server:
        server.engine.says_by(lambda _request, _prompt: "One two three.")
        town = Town(server)
        job_id = town.build()["job_id"]
        for lines in (
            soak(server, town, asked.seconds),
            with_events(town, server.services.database, job_id, asked.events),
            with_jobs(server, town, job_id, asked.jobs),
        ):
            for line in lines:
                sys.stdout.write(f"{line}; load {os.getloadavg()[0]:.0f}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
