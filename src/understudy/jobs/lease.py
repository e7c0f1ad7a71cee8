"""Who works on which job: claim, heartbeat, release, and taking back from the dead."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from understudy.jobs.claims import Claim, claim_of, held_job
from understudy.jobs.ending import end_attempt
from understudy.jobs.lifecycle import CLAIMABLE, Desired, ExitReason
from understudy.storage.database import Database
from understudy.storage.jobs.jobs import (
    claimable_jobs,
    expired_jobs,
    get_attempt,
    jobs_held_by,
    lock_free_rows,
)
from understudy.storage.tables.jobs import AttemptRow, JobRow

LEASE_SECONDS = 30.0
"""How long a silent worker keeps its job."""


def claim(db: Database, worker_id: str, lease_seconds: float = LEASE_SECONDS) -> Claim | None:
    """Take the next job that needs a worker, or None; jobs of silent workers count as free."""
    if not _is_anything_to_do(db):
        return None
    with db.write() as session:
        now = db.now(session)
        _take_back_expired(session, now)
        found = lock_free_rows(session, claimable_jobs(CLAIMABLE, now).limit(1))
        if not found:
            return None
        job = found[0]
        job.epoch += 1
        job.worker_id = worker_id
        job.lease_until = now + lease_seconds
        if job.stalled_since is None:
            job.stalled_since = now
        session.add(_attempt(job, worker_id, now))
        session.flush()
        return claim_of(session, job, worker_id, lease_seconds)


def heartbeat(db: Database, claim: Claim) -> Desired:
    """Keep a claim alive and learn what the job's owner wants of it.

    Raises LeaseLostError when the job went to another worker or ended otherwise.
    """
    with db.write() as session:
        if _was_cancelled(session, claim):
            return Desired.CANCEL
        job = held_job(session, claim)
        now = db.now(session)
        job.lease_until = now + claim.lease_seconds
        return Desired(job.desired)


def release(db: Database, claim: Claim, reason: ExitReason) -> None:
    """Give a job back unfinished, saying why; raises LeaseLostError."""
    with db.write() as session:
        end_attempt(session, held_job(session, claim), reason, now=db.now(session))


def release_worker(db: Database, worker_id: str) -> int:
    """Free what a dead predecessor of the same id held; returns how many jobs that were.

    If it is not dead after all, its claims carry an old epoch and its writes are refused.
    """
    with db.write() as session:
        held = lock_free_rows(session, jobs_held_by(worker_id))
        return _end_all(session, held, ExitReason.WORKER_RESTARTED, db.now(session))


def reap(db: Database) -> int:
    """Take jobs back from workers that fell silent; returns how many."""
    with db.write() as session:
        return _take_back_expired(session, db.now(session))


def _is_anything_to_do(db: Database) -> bool:
    # Idle workers ask often; asking without writing leaves the one writer of SQLite alone.
    with db.read() as session:
        now = db.now(session)
        queries = (claimable_jobs(CLAIMABLE, now), expired_jobs(now))
        return any(session.scalar(query.limit(1)) is not None for query in queries)


def _take_back_expired(session: Session, now: float) -> int:
    expired = lock_free_rows(session, expired_jobs(now))
    return _end_all(session, expired, ExitReason.LEASE_EXPIRED, now)


def _end_all(session: Session, jobs: Iterable[JobRow], reason: ExitReason, now: float) -> int:
    count = 0
    for job in jobs:
        end_attempt(session, job, reason, now=now)
        count += 1
    session.flush()
    return count


def _attempt(job: JobRow, worker_id: str, now: float) -> AttemptRow:
    return AttemptRow(
        job_id=job.id,
        epoch=job.epoch,
        worker_id=worker_id,
        claimed_at=now,
        ended_at=None,
        exit_reason=None,
    )


def _was_cancelled(session: Session, claim: Claim) -> bool:
    attempt = get_attempt(session, claim.job_id, claim.epoch)
    return attempt is not None and attempt.exit_reason == ExitReason.CANCELLED
