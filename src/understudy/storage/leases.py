"""Rows that processes hold by lease, whatever their table: finding and locking them."""

from collections.abc import Collection
from typing import TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from understudy.storage.tables.leased import HeldRow, LeasedRow

Held = TypeVar("Held", bound=HeldRow)
Leased = TypeVar("Leased", bound=LeasedRow)


def claimable(row: type[Leased], statuses: Collection[str], now: float) -> Select[Leased]:
    """Select the rows that nobody holds and that may be worked on now."""
    return select(row).where(
        row.status.in_(statuses), row.lease_until.is_(None), row.available_at <= now
    )


def expired(row: type[Held], now: float) -> Select[Held]:
    """Select the rows whose holder was not heard of in time."""
    return select(row).where(row.lease_until <= now)


def has_expired(row: HeldRow, now: float) -> bool:
    """Say whether a row is one of those that `expired` selects."""
    return row.lease_until is not None and row.lease_until <= now


def held_by(row: type[Leased], worker_id: str) -> Select[Leased]:
    """Select the rows that a worker holds."""
    return select(row).where(row.worker_id == worker_id)


def lock_free(session: Session, query: Select[Held]) -> list[Held]:
    """Return the selected rows that no other transaction is working on, held by this one."""
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def lock_at_epoch(session: Session, row: type[Leased], id_: str, epoch: int) -> Leased | None:
    """Return a row, held by this transaction, or None when it is gone or of another epoch."""
    return session.scalar(select(row).where(row.id == id_, row.epoch == epoch).with_for_update())
