"""Attempts at asynchronous work: kept alive, stopped when the hold is over, given back."""

import asyncio

from tests.unit.evals.bench import Bench
from understudy.evals.recording import RUNS
from understudy.evals.service import cancel_run
from understudy.storage.tables.evals import EvalRunRow
from understudy.work.attempt import attempt
from understudy.work.lease import Hold, claim


def taken(bench: Bench, lease_seconds: float = 30.0) -> Hold[EvalRunRow]:
    hold = claim(bench.db, RUNS, "w", lease_seconds)
    assert hold is not None
    return hold


def test_the_lease_is_kept_alive_while_the_work_is_done(bench: Bench):
    run_id = bench.add_run()
    hold = taken(bench, lease_seconds=0.3)
    others: list[object] = []

    async def work() -> None:
        await asyncio.sleep(0.6)
        others.append(claim(bench.db, RUNS, "other"))

    asyncio.run(attempt(bench.db, hold, work()))
    assert others == [None]
    assert bench.run(run_id).stalled_attempts == 0


def test_work_is_stopped_when_its_row_is_cancelled(bench: Bench):
    run_id = bench.add_run()
    ends: list[str] = []

    async def work() -> None:
        cancel_run(bench.db, bench.project, bench.eval_id, run_id)
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            ends.append("stopped")
            raise

    asyncio.run(asyncio.wait_for(attempt(bench.db, taken(bench), work()), 5))
    assert ends == ["stopped"]
    assert bench.run(run_id).status == "canceled"


def test_work_that_breaks_is_given_back_with_blame(bench: Bench):
    run_id = bench.add_run()

    async def work() -> None:
        raise RuntimeError("broken")

    asyncio.run(attempt(bench.db, taken(bench), work()))
    run = bench.run(run_id)
    assert (run.worker_id, run.stalled_attempts) == (None, 1)


def test_work_that_is_stopped_is_given_back_without_blame(bench: Bench):
    run_id = bench.add_run()

    async def scenario() -> None:
        task = asyncio.ensure_future(attempt(bench.db, taken(bench), asyncio.sleep(10)))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scenario())
    run = bench.run(run_id)
    assert (run.worker_id, run.stalled_attempts) == (None, 0)
