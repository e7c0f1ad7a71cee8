"""Rows that workers take by lease, whatever their table: selecting and locking them."""

from collections.abc import Collection
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from understudy.storage.tables.evals import EvalRunRow, JobReportRow

Work = TypeVar("Work", EvalRunRow, JobReportRow)


def claimable(kind: type[Work], statuses: Collection[str], now: float) -> Select[Work]:
    """Select the rows that nobody holds and that may be worked on now, the oldest first."""
    query = select(kind).where(
        kind.status.in_(statuses), kind.lease_until.is_(None), kind.available_at <= now
    )
    return query.order_by(kind.created_at)


def expired(kind: type[Work], now: float) -> Select[Work]:
    """Select the rows whose holder was not heard of in time."""
    return select(kind).where(kind.lease_until <= now).order_by(kind.created_at)


def held_by(kind: type[Work], worker_id: str) -> Select[Work]:
    """Select the rows that a worker holds."""
    return select(kind).where(kind.worker_id == worker_id).order_by(kind.created_at)


def lock_free(session: Session, query: Select[Work]) -> list[Work]:
    """Return the selected rows that no other transaction is working on, held by this one."""
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def lock_at_epoch(
    session: Session, kind: type[Work], identifier: ColumnElement[bool], epoch: int
) -> Work | None:
    """Return a row, held by this transaction, or None when it is gone or of another epoch."""
    return session.scalar(select(kind).where(identifier, kind.epoch == epoch).with_for_update())
