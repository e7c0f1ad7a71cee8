"""What is written of a distillation while it is worked on; each write is fenced."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from understudy.storage.database import Database
from understudy.storage.tables.distillations import DistillationRow
from understudy.work.lease import Hold, free, held
from understudy.work.policy import LeasePolicy

_GAVE_UP = "The runner broke several times at this distillation; its log says more."


class DistillationStatus(StrEnum):
    """The states of a distillation."""

    QUEUED = "queued"
    COLLECTING = "collecting"
    TRAINING = "training"
    EVALUATING = "evaluating"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = frozenset(
    {
        DistillationStatus.QUEUED,
        DistillationStatus.COLLECTING,
        DistillationStatus.TRAINING,
        DistillationStatus.EVALUATING,
    }
)


def current(db: Database, hold: Hold[DistillationRow]) -> DistillationRow:
    """Return the row as it is now; raises LeaseLostError."""
    with db.write() as session:
        return held(session, hold)


def record_step(
    db: Database, hold: Hold[DistillationRow], status: DistillationStatus, sentence: str
) -> None:
    """Write what is being done; raises LeaseLostError."""
    with db.write() as session:
        row = held(session, hold)
        row.status, row.step = status, sentence


def complete(db: Database, hold: Hold[DistillationRow], result: Mapping[str, Any]) -> None:
    """Record a distillation that is done; raises LeaseLostError."""
    with db.write() as session:
        row = held(session, hold)
        row.result = dict(result)
        end(row, DistillationStatus.SUCCEEDED, db.now(session))


def fail(
    db: Database,
    hold: Hold[DistillationRow],
    message: str,
    counts: Mapping[str, Any] | None = None,
) -> None:
    """Record why there is no student, and what was found so far; raises LeaseLostError."""
    with db.write() as session:
        row = held(session, hold)
        row.error_message = message
        if counts is not None:
            row.counts = dict(counts)
        end(row, DistillationStatus.FAILED, db.now(session))


def end(row: DistillationRow, status: DistillationStatus, now: float) -> None:
    """End a distillation for good, whoever holds it."""
    row.status = status
    row.step = None
    row.finished_at = int(now)
    free(row)


def _give_up(_session: Session, row: DistillationRow, now: float) -> None:
    row.error_message = _GAVE_UP
    end(row, DistillationStatus.FAILED, now)


DISTILLATIONS = LeasePolicy(
    row=DistillationRow,
    order=DistillationRow.seq,
    statuses=UNFINISHED,
    backoff_seconds=(0.0, 2.0, 8.0, 30.0),
    max_stalled_attempts=6,
    give_up=_give_up,
)
"""Distillations, for whoever takes them by lease."""
