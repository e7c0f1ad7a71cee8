"""Who works on which row: claim, heartbeat, release, and taking back from the dead.

A claim raises the epoch of the row, and every later write of that attempt names it: a write that
names an older epoch finds nothing. What differs between kinds of work is in their `LeasePolicy`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from sqlalchemy import Select
from sqlalchemy.orm import Session

from understudy.errors import UnderstudyError
from understudy.storage.database import Database
from understudy.storage.leases import (
    Leased,
    claimable,
    expired,
    held_by,
    lock_at_epoch,
    lock_free,
)
from understudy.storage.tables.leased import LeasedRow
from understudy.work.policy import ExitReason, LeasePolicy

LEASE_SECONDS = 30.0
"""How long a silent worker keeps what it holds."""

_STORAGE_FULL_WAIT_SECONDS = 30.0
_BLAMED = frozenset(
    {
        ExitReason.LEASE_EXPIRED,
        ExitReason.WORKER_RESTARTED,
        ExitReason.INFRASTRUCTURE,
        ExitReason.HUNG,
    }
)


class LeaseLostError(UnderstudyError):
    """The row is no longer this worker's: cancelled, deleted, or taken by another. Stop."""


@dataclass(frozen=True, kw_only=True)
class Hold(Generic[Leased]):
    """The right to work on a row."""

    policy: LeasePolicy[Leased]
    id: str
    epoch: int
    worker_id: str
    lease_seconds: float


def claim(
    db: Database,
    policy: LeasePolicy[Leased],
    worker_id: str,
    lease_seconds: float = LEASE_SECONDS,
) -> Hold[Leased] | None:
    """Take the row that waits longest, or None; rows of silent workers count as free."""
    if not _is_anything_to_do(db, policy):
        return None
    with db.write() as session:
        now = db.now(session)
        take_back_expired(session, policy, now)
        found = lock_free(session, _claimable(policy, now).limit(1))
        if not found:
            return None
        row = found[0]
        row.epoch += 1
        row.worker_id = worker_id
        row.lease_until = now + lease_seconds
        policy.record_claim(session, row, now)
        return Hold(
            policy=policy,
            id=row.id,
            epoch=row.epoch,
            worker_id=worker_id,
            lease_seconds=lease_seconds,
        )


def heartbeat(db: Database, hold: Hold[Leased]) -> Leased:
    """Keep a hold alive; returns the row as it is now. Raises LeaseLostError when it is over."""
    with db.write() as session:
        row = held(session, hold)
        row.lease_until = db.now(session) + hold.lease_seconds
        return row


def release(db: Database, hold: Hold[Leased], reason: ExitReason) -> None:
    """Give a row back unfinished, saying why; raises LeaseLostError."""
    with db.write() as session:
        _end_attempts(session, hold.policy, [held(session, hold)], reason, db.now(session))


def release_worker(
    db: Database,
    policy: LeasePolicy[Leased],
    worker_id: str,
    reason: ExitReason = ExitReason.WORKER_RESTARTED,
) -> int:
    """Free what a dead predecessor of the same id held; returns how many rows that were.

    If it is not dead after all, its holds carry an old epoch and its writes are refused.
    """
    with db.write() as session:
        query = held_by(policy.row, worker_id).order_by(policy.order)
        rows = lock_free(session, query)
        _end_attempts(session, policy, rows, reason, db.now(session))
        return len(rows)


def take_back_expired(session: Session, policy: LeasePolicy[Leased], now: float) -> int:
    """Take rows back from workers that fell silent; returns how many."""
    rows = lock_free(session, expired(policy.row, now).order_by(policy.order))
    _end_attempts(session, policy, rows, ExitReason.LEASE_EXPIRED, now)
    return len(rows)


def held(session: Session, hold: Hold[Leased]) -> Leased:
    """Return the row for writing; raises LeaseLostError when the hold is over.

    Every write of a worker goes through here: the row stays locked until the transaction ends,
    so that nothing can come between this check and the write.
    """
    row = lock_at_epoch(session, hold.policy.row, hold.id, hold.epoch)
    if row is None:
        raise LeaseLostError(f"{hold.worker_id} no longer holds {hold.id}.")
    return row


def free(row: LeasedRow) -> None:
    """Let nobody hold a row; whoever did learns it at the next write."""
    row.worker_id = None
    row.lease_until = None
    row.epoch += 1


def _end_attempts(
    session: Session,
    policy: LeasePolicy[Leased],
    rows: Sequence[Leased],
    reason: ExitReason,
    now: float,
) -> None:
    for row in rows:
        policy.record_end(session, row, reason, now)
        free(row)
        if not policy.set_aside(session, row, now):
            _make_wait(session, policy, row, reason, now)
    session.flush()


def _make_wait(
    session: Session, policy: LeasePolicy[Leased], row: Leased, reason: ExitReason, now: float
) -> None:
    """Let the next worker have a row, later each time, unless it never gets anywhere."""
    if reason is ExitReason.STORAGE_FULL:
        row.available_at = now + _STORAGE_FULL_WAIT_SECONDS
    stalled_seconds = policy.stalled_seconds(row, now)
    if reason not in _BLAMED or stalled_seconds is None:
        return
    row.stalled_attempts += 1
    waits = policy.backoff_seconds
    row.available_at = now + waits[min(row.stalled_attempts, len(waits)) - 1]
    is_long = stalled_seconds >= policy.min_stalled_seconds
    if is_long and row.stalled_attempts >= policy.max_stalled_attempts:
        policy.give_up(session, row, now)


def _claimable(policy: LeasePolicy[Leased], now: float) -> Select[Leased]:
    return claimable(policy.row, policy.statuses, now).order_by(policy.order)


def _is_anything_to_do(db: Database, policy: LeasePolicy[Leased]) -> bool:
    # Idle workers ask often; asking without writing leaves the one writer of SQLite alone.
    with db.read() as session:
        now = db.now(session)
        queries = (_claimable(policy, now), expired(policy.row, now))
        return any(session.scalar(query.limit(1)) is not None for query in queries)
