"""The loop that takes work: what it takes over, how much at a time, and how it ends."""

import asyncio
import threading
from types import SimpleNamespace

import pytest

from tests.unit.evals.bench import Bench
from understudy.evals.recording import RUNS, fail
from understudy.storage.database import Database
from understudy.storage.tables.evals import EvalRunRow
from understudy.work import loop
from understudy.work.attempt import attempt
from understudy.work.lease import Hold, claim
from understudy.work.loop import WorkKind, take_work


def test_work_is_taken_as_it_comes_some_at_a_time_until_the_loop_is_to_stop(bench: Bench):
    ids = [bench.add_run() for _ in range(5)]
    stops = threading.Event()
    running: set[str] = set()
    most: list[int] = []

    async def work_off(hold: Hold[EvalRunRow]) -> None:
        running.add(hold.id)
        most.append(len(running))
        # The last one is alone.
        while len(running) < 2 and len(most) < len(ids):
            await asyncio.sleep(0)
        fail(bench.db, hold, "code", "done")
        running.discard(hold.id)
        if len(most) == len(ids) and not running:
            stops.set()

    kinds = [WorkKind(policy=RUNS, attempt=work_off)]
    asyncio.run(take_work(bench.db, kinds, "w", stops, at_once=2, idle_seconds=0.01))
    assert [bench.run(run_id).status for run_id in ids] == ["failed"] * 5
    assert max(most) == 2


def test_what_a_predecessor_of_the_same_name_held_is_taken_over_at_once(bench: Bench):
    run_id = bench.add_run()
    assert claim(bench.db, RUNS, "w") is not None
    stops = threading.Event()
    taken: list[str] = []

    async def note(hold: Hold[EvalRunRow]) -> None:
        taken.append(hold.id)
        stops.set()

    kinds = [WorkKind(policy=RUNS, attempt=note)]
    asyncio.run(take_work(bench.db, kinds, "w", stops, at_once=1, idle_seconds=0.01))
    assert taken == [run_id]


def test_what_is_not_done_at_the_end_is_given_back(bench: Bench):
    run_id = bench.add_run()
    stops = threading.Event()

    async def work_on(hold: Hold[EvalRunRow]) -> None:
        stops.set()
        await attempt(bench.db, hold, asyncio.sleep(10))

    kinds = [WorkKind(policy=RUNS, attempt=work_on)]
    asyncio.run(take_work(bench.db, kinds, "w", stops, at_once=1, idle_seconds=0.01))
    run = bench.run(run_id)
    assert (run.worker_id, run.stalled_attempts) == (None, 0)


def test_an_attempt_that_raises_ends_the_loop(bench: Bench):
    bench.add_run()

    async def break_down(_: Hold[EvalRunRow]) -> None:
        raise RuntimeError("not recorded")

    kinds = [WorkKind(policy=RUNS, attempt=break_down)]
    work = take_work(bench.db, kinds, "w", threading.Event(), at_once=1, idle_seconds=0.01)
    with pytest.raises(RuntimeError, match="not recorded"):
        asyncio.run(work)


def test_only_a_loop_without_work_is_idle(bench: Bench):
    bench.add_run()
    stops = threading.Event()
    story: list[str] = []

    async def block(hold: Hold[EvalRunRow]) -> None:
        story.append("works")
        fail(bench.db, hold, "code", "done")

    def rest() -> None:
        story.append("rests")
        stops.set()

    kinds = [WorkKind(policy=RUNS, attempt=block)]
    asyncio.run(
        take_work(bench.db, kinds, "w", stops, at_once=1, idle_seconds=0.01, when_idle=rest)
    )
    assert story == ["works", "rests"]


def test_rows_are_looked_at_when_something_was_written_and_else_once_a_second(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    rounds = [(10.0, True), (10.3, False), (10.6, False), (10.9, True), (11.8, False)]
    rounds += [(11.9, False), (12.8, False)]
    stops = threading.Event()
    asked = 0
    looked_at: list[float] = []

    class Written:
        """Answers by the list above, a round each."""

        def since_last_look(self) -> bool:
            nonlocal asked
            asked += 1
            if asked == len(rounds):
                stops.set()
            return rounds[asked - 1][1]

        def close(self) -> None:
            """Nothing is open."""

    def now() -> float:
        return rounds[max(asked, 1) - 1][0]

    def changes(_: Database) -> Written:
        return Written()

    async def look(*_: object) -> set[asyncio.Task[None]]:
        looked_at.append(now())
        return set()

    async def never(_: Hold[EvalRunRow]) -> None:
        raise AssertionError("nothing was taken")

    monkeypatch.setattr(Database, "changes", changes)
    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=now))
    monkeypatch.setattr(loop, "_begin", look)
    kinds = [WorkKind(policy=RUNS, attempt=never)]
    asyncio.run(take_work(bench.db, kinds, "w", stops, at_once=1, idle_seconds=0))
    assert looked_at == [10.0, 10.9, 11.9]


def test_a_row_written_while_the_loop_waits_is_taken(bench: Bench):
    stops = threading.Event()
    taken: list[str] = []
    written: list[str] = []

    async def note(hold: Hold[EvalRunRow]) -> None:
        taken.append(hold.id)
        stops.set()

    def write() -> None:
        if not written:
            written.append(bench.add_run())

    kinds = [WorkKind(policy=RUNS, attempt=note)]
    asyncio.run(
        take_work(bench.db, kinds, "w", stops, at_once=1, idle_seconds=0.01, when_idle=write)
    )
    assert taken == written
