"""Runs under leases: who may write, what is counted, and how they end."""

import pytest

from tests.jobs.workshop import Clock
from tests.unit.evals.bench import Bench, item
from understudy.errors import InvalidRequestError
from understudy.evals.recording import RUNS, fail, record_items, start
from understudy.evals.service import cancel_run, delete_eval, delete_run
from understudy.evals.status import ItemStatus
from understudy.storage.tables.projects import OutboxRow
from understudy.work.lease import (
    LEASE_SECONDS,
    LeaseLostError,
    claim,
    heartbeat,
    release,
    release_worker,
)
from understudy.work.policy import ExitReason


def outbox(bench: Bench) -> list[str]:
    with bench.db.read() as session:
        return [row.type for row in session.query(OutboxRow)]


def test_a_run_is_completed_with_its_last_item_and_its_counts_add_up(bench: Bench):
    run_id = bench.add_run(total=4)
    hold = claim(bench.db, RUNS, "one")
    assert hold is not None
    start(bench.db, hold)
    record_items(bench.db, hold, [item(0), item(2, ItemStatus.FAIL)])
    run = bench.run(run_id)
    assert (run.status, run.passed, run.failed, run.errored) == ("in_progress", 1, 1, 0)
    record_items(bench.db, hold, [item(3, ItemStatus.ERRORED), item(1)])
    run = bench.run(run_id)
    assert (run.status, run.passed, run.failed, run.errored) == ("completed", 2, 1, 1)
    assert run.criteria == {"c-1": {"passed": 2, "failed": 1}}
    assert run.usage["m"] == {
        "invocations": 4,
        "prompt_tokens": 40,
        "completion_tokens": 8,
        "cached_tokens": 0,
        "seconds": 0.0,
    }
    assert outbox(bench) == ["eval.run.succeeded"]
    assert bench.numbers(run_id) == [0, 1, 2, 3]


def test_an_item_that_comes_twice_is_recorded_and_counted_once(bench: Bench):
    run_id = bench.add_run()
    hold = claim(bench.db, RUNS, "one")
    assert hold is not None
    record_items(bench.db, hold, [item(0)])
    record_items(bench.db, hold, [item(0, ItemStatus.FAIL), item(1)])
    run = bench.run(run_id)
    assert (run.passed, run.failed) == (2, 0)
    assert bench.numbers(run_id) == [0, 1]


def test_a_runner_that_wakes_up_late_can_write_nothing(bench: Bench, clock: Clock):
    run_id = bench.add_run()
    late = claim(bench.db, RUNS, "late")
    assert late is not None
    assert claim(bench.db, RUNS, "other") is None
    clock.advance(LEASE_SECONDS + 1)
    other = claim(bench.db, RUNS, "other")
    assert other is not None
    for write in (
        lambda: record_items(bench.db, late, [item(0)]),
        lambda: start(bench.db, late),
        lambda: heartbeat(bench.db, late),
        lambda: release(bench.db, late, ExitReason.WORKER_STOPPED),
        lambda: fail(bench.db, late, "c", "m"),
    ):
        with pytest.raises(LeaseLostError):
            write()
    assert bench.numbers(run_id) == []
    record_items(bench.db, other, [item(0)])
    assert bench.numbers(run_id) == [0]


def test_a_heartbeat_keeps_the_hold(bench: Bench, clock: Clock):
    bench.add_run()
    hold = claim(bench.db, RUNS, "one")
    assert hold is not None
    for _ in range(3):
        clock.advance(LEASE_SECONDS - 1)
        heartbeat(bench.db, hold)
    assert claim(bench.db, RUNS, "other") is None


def test_cancelling_takes_the_run_from_its_runner_at_once(bench: Bench):
    run_id = bench.add_run()
    hold = claim(bench.db, RUNS, "one")
    assert hold is not None
    cancel_run(bench.db, bench.project, bench.eval_id, run_id)
    with pytest.raises(LeaseLostError):
        record_items(bench.db, hold, [item(0)])
    assert bench.run(run_id).status == "canceled"
    assert claim(bench.db, RUNS, "one") is None
    with pytest.raises(InvalidRequestError):
        cancel_run(bench.db, bench.project, bench.eval_id, run_id)


@pytest.mark.parametrize("what", ["run", "eval"])
def test_deleting_takes_the_run_from_its_runner_at_once(bench: Bench, what: str):
    run_id = bench.add_run()
    hold = claim(bench.db, RUNS, "one")
    assert hold is not None
    record_items(bench.db, hold, [item(0)])
    if what == "run":
        delete_run(bench.db, bench.project, bench.eval_id, run_id)
    else:
        delete_eval(bench.db, bench.project, bench.eval_id)
    with pytest.raises(LeaseLostError):
        record_items(bench.db, hold, [item(1)])
    assert bench.numbers(run_id) == []


def test_a_successor_frees_what_a_dead_runner_held(bench: Bench):
    bench.add_run()
    assert claim(bench.db, RUNS, "runner-1") is not None
    assert release_worker(bench.db, RUNS, "runner-1") == 1
    assert claim(bench.db, RUNS, "runner-1") is not None


def test_a_run_that_never_gets_anywhere_is_given_up(bench: Bench, clock: Clock):
    run_id = bench.add_run()
    attempts = 0
    while (hold := claim(bench.db, RUNS, "one")) is not None:
        attempts += 1
        release(bench.db, hold, ExitReason.INFRASTRUCTURE)
        clock.advance(100)
    run = bench.run(run_id)
    assert (run.status, run.error_code) == ("failed", "server_error")
    assert attempts == 8
    assert outbox(bench) == ["eval.run.failed"]


def test_one_item_is_enough_to_be_given_more_attempts(bench: Bench, clock: Clock):
    run_id = bench.add_run(total=20)
    for number in range(12):
        hold = claim(bench.db, RUNS, "one")
        assert hold is not None
        record_items(bench.db, hold, [item(number)])
        release(bench.db, hold, ExitReason.INFRASTRUCTURE)
        clock.advance(100)
    assert bench.run(run_id).status == "queued"


def test_runs_are_taken_in_the_order_in_which_they_were_made(bench: Bench, clock: Clock):
    first = bench.add_run()
    clock.advance(1)
    second = bench.add_run()
    holds = [claim(bench.db, RUNS, "one") for _ in range(3)]
    assert [hold.id if hold else None for hold in holds] == [first, second, None]
