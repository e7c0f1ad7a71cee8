"""What a runner writes of a run: its beginning, finished items, its end; each write is fenced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from understudy.evals.status import UNFINISHED, ItemStatus, RunStatus
from understudy.ids import new_id
from understudy.storage.database import Database
from understudy.storage.events.outbox import publish
from understudy.storage.tables.evals import EvalItemRow, EvalRunRow
from understudy.work.lease import Hold, free, held
from understudy.work.policy import LeasePolicy

_EVENTS = {
    RunStatus.COMPLETED: "eval.run.succeeded",
    RunStatus.FAILED: "eval.run.failed",
    RunStatus.CANCELED: "eval.run.canceled",
}
_GAVE_UP = (
    "The run was given up: time and again the process that worked on it ended before one more "
    "item was done. Its log says why."
)


@dataclass(frozen=True, kw_only=True)
class ModelUsage:
    """What one item cost in calls of one model."""

    invocations: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    seconds: float = 0.0
    """Of this machine, as far as the model is one of it and was measured."""


@dataclass(frozen=True, kw_only=True)
class NewItem:
    """A finished item."""

    number: int
    status: ItemStatus
    item_key: str
    item: Mapping[str, Any]
    results: Sequence[Mapping[str, Any]]
    """One for each criterion, as they stand on the wire."""
    judged: Mapping[str, bool]
    """Criterion id to whether the item passed it; those that could not be judged are missing."""
    sample: Mapping[str, Any]
    usage: Mapping[str, ModelUsage]
    """By the full name of the model."""


def start(db: Database, hold: Hold[EvalRunRow]) -> None:
    """Say that a run is in progress; raises LeaseLostError."""
    with db.write() as session:
        held(session, hold).status = RunStatus.IN_PROGRESS


def record_items(db: Database, hold: Hold[EvalRunRow], items: Sequence[NewItem]) -> None:
    """Record finished items together with the run's counts; raises LeaseLostError.

    An item that is recorded already stays as it is and is not counted again. The run is
    completed with its last item.
    """
    with db.write() as session:
        run = held(session, hold)
        now = db.now(session)
        numbers = [item.number for item in items]
        query = select(EvalItemRow.number).where(
            EvalItemRow.run_id == run.id, EvalItemRow.number.in_(numbers)
        )
        known = set(session.scalars(query))
        fresh = [item for item in items if item.number not in known]
        session.add_all(_row(run.id, item, int(now)) for item in fresh)
        _count(run, fresh)
        if fresh:
            run.stalled_attempts = 0
        if run.passed + run.failed + run.errored == run.total:
            end(session, run, RunStatus.COMPLETED, now)


def fail(db: Database, hold: Hold[EvalRunRow], code: str, message: str) -> None:
    """End a run that cannot continue; raises LeaseLostError."""
    with db.write() as session:
        run = held(session, hold)
        run.error_code, run.error_message = code, message
        end(session, run, RunStatus.FAILED, db.now(session))


def end(session: Session, run: EvalRunRow, status: RunStatus, now: float) -> None:
    """End a run for good, whoever holds it."""
    run.status = status
    run.finished_at = int(now)
    free(run)
    publish(
        session,
        project_id=run.project_id,
        type=_EVENTS[status],
        object_id=run.id,
        created_at=int(now),
    )


def _give_up(session: Session, run: EvalRunRow, now: float) -> None:
    run.error_code, run.error_message = "server_error", _GAVE_UP
    end(session, run, RunStatus.FAILED, now)


RUNS = LeasePolicy(
    row=EvalRunRow,
    order=EvalRunRow.seq,
    statuses=UNFINISHED,
    backoff_seconds=(0.0, 0.0, 2.0, 8.0, 30.0),
    max_stalled_attempts=8,
    give_up=_give_up,
)
"""Runs, for whoever takes them by lease."""


def _row(run_id: str, item: NewItem, now: int) -> EvalItemRow:
    return EvalItemRow(
        run_id=run_id,
        number=item.number,
        id=new_id("outputitem_"),
        created_at=now,
        status=item.status,
        item_key=item.item_key,
        item=dict(item.item),
        results=[dict(result) for result in item.results],
        sample=dict(item.sample),
    )


def _count(run: EvalRunRow, items: Sequence[NewItem]) -> None:
    statuses = [item.status for item in items]
    run.passed += statuses.count(ItemStatus.PASS)
    run.failed += statuses.count(ItemStatus.FAIL)
    run.errored += statuses.count(ItemStatus.ERRORED)
    # New dictionaries: a change inside of the old ones would not be noticed.
    criteria = {name: dict(counts) for name, counts in run.criteria.items()}
    usage = {name: dict(counts) for name, counts in run.usage.items()}
    for item in items:
        for criterion, is_passed in item.judged.items():
            criteria[criterion]["passed" if is_passed else "failed"] += 1
        for model, used in item.usage.items():
            counts = usage.setdefault(model, dict.fromkeys(used.__dict__, 0))
            for name, number in used.__dict__.items():
                # Runs that an earlier version began count no seconds.
                counts[name] = counts.get(name, 0) + number
    run.criteria, run.usage = criteria, usage
