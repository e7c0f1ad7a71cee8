"""Who works on which run or report card: claim, heartbeat, release, taking back from the dead.

The scheme is that of jobs (`jobs/lease`): a claim raises the epoch of the row, and a write that
names an older epoch finds nothing. Work here is short and never paused, so there are no attempts
on record and no wishes to bring back: a cancelled row simply has another epoch.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from understudy.errors import UnderstudyError
from understudy.storage.database import Database
from understudy.storage.leases import Work, claimable, expired, held_by, lock_at_epoch, lock_free
from understudy.storage.tables.evals import EvalRunRow, JobReportRow

LEASE_SECONDS = 30.0
"""How long a silent runner keeps what it holds."""

_BACKOFF_SECONDS = (0.0, 0.0, 2.0, 8.0, 30.0)
_STALLED_ATTEMPTS_LIMIT = 8


class HoldLostError(UnderstudyError):
    """The row is no longer this worker's: cancelled, deleted, or taken by another. Stop."""


@dataclass(frozen=True, kw_only=True)
class Hold(Generic[Work]):
    """The right to work on a row."""

    kind: type[Work]
    id: str
    epoch: int
    worker_id: str
    lease_seconds: float


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[Work]):
    """What leases have to know of one table."""

    row: type[Work]
    statuses: Collection[str]
    """The states in which a row may be worked on."""
    give_up: Callable[[Session, Work, float], None]
    """Ends a row that never gets anywhere; the number is the time."""


def claim(
    db: Database, kind: Kind[Work], worker_id: str, lease_seconds: float = LEASE_SECONDS
) -> Hold[Work] | None:
    """Take the row that waits longest, or None; rows of silent workers count as free."""
    if not _is_anything_to_do(db, kind):
        return None
    with db.write() as session:
        now = db.now(session)
        _take_back(session, kind, lock_free(session, expired(kind.row, now)), now)
        found = lock_free(session, claimable(kind.row, kind.statuses, now).limit(1))
        if not found:
            return None
        row = found[0]
        row.epoch += 1
        row.worker_id = worker_id
        row.lease_until = now + lease_seconds
        return Hold(
            kind=kind.row,
            id=_id_of(row),
            epoch=row.epoch,
            worker_id=worker_id,
            lease_seconds=lease_seconds,
        )


def heartbeat(db: Database, hold: Hold[Work]) -> None:
    """Keep a hold alive; raises HoldLostError when it is over."""
    with db.write() as session:
        held(session, hold).lease_until = db.now(session) + hold.lease_seconds


def release(db: Database, hold: Hold[Work]) -> None:
    """Give a row back unfinished, without blame; raises HoldLostError."""
    with db.write() as session:
        free(held(session, hold))


def put_off(db: Database, kind: Kind[Work], hold: Hold[Work]) -> None:
    """Give a row back after trouble that was not its own; raises HoldLostError."""
    with db.write() as session:
        _take_back(session, kind, [held(session, hold)], db.now(session))


def release_worker(db: Database, kind: Kind[Work], worker_id: str) -> int:
    """Free what a dead predecessor of the same id held; returns how many rows that were."""
    with db.write() as session:
        rows = lock_free(session, held_by(kind.row, worker_id))
        _take_back(session, kind, rows, db.now(session))
        return len(rows)


def held(session: Session, hold: Hold[Work]) -> Work:
    """Return the row for writing; raises HoldLostError when the hold is over.

    Every write of a worker goes through here: the row stays locked until the transaction ends.
    """
    row = lock_at_epoch(session, hold.kind, _is(hold.kind, hold.id), hold.epoch)
    if row is None:
        raise HoldLostError(f"{hold.worker_id} no longer holds {hold.id}.")
    return row


def free(row: EvalRunRow | JobReportRow) -> None:
    """Let nobody hold a row; whoever did learns it at the next write."""
    row.worker_id = None
    row.lease_until = None
    row.epoch += 1


def _take_back(session: Session, kind: Kind[Work], rows: Collection[Work], now: float) -> None:
    for row in rows:
        free(row)
        row.stalled_attempts += 1
        wait = _BACKOFF_SECONDS[min(row.stalled_attempts, len(_BACKOFF_SECONDS)) - 1]
        row.available_at = now + wait
        if row.stalled_attempts >= _STALLED_ATTEMPTS_LIMIT:
            kind.give_up(session, row, now)
    session.flush()


def _is_anything_to_do(db: Database, kind: Kind[Work]) -> bool:
    # Idle workers ask often; asking without writing leaves the one writer of SQLite alone.
    with db.read() as session:
        now = db.now(session)
        queries = (claimable(kind.row, kind.statuses, now), expired(kind.row, now))
        return any(session.scalar(query.limit(1)) is not None for query in queries)


def _id_of(row: EvalRunRow | JobReportRow) -> str:
    return row.id if isinstance(row, EvalRunRow) else row.job_id


def _is(kind: type[Work], id_: str) -> ColumnElement[bool]:
    return EvalRunRow.id == id_ if kind is EvalRunRow else JobReportRow.job_id == id_
