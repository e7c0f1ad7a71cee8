"""Jobs as work by lease: what they add are recorded attempts and what their owners want."""

from sqlalchemy.orm import Session

from understudy.jobs.claims import Claim, claim_of
from understudy.jobs.ending import close_attempt, give_up, pause_if_wanted
from understudy.jobs.lifecycle import CLAIMABLE, Desired
from understudy.storage.database import Database
from understudy.storage.jobs.jobs import get_attempt
from understudy.storage.tables.jobs import AttemptRow, JobRow
from understudy.work import lease
from understudy.work.lease import Hold, LeaseLostError
from understudy.work.policy import ExitReason, LeasePolicy


def claim(db: Database, worker_id: str, lease_seconds: float = lease.LEASE_SECONDS) -> Claim | None:
    """Take the next job that needs a worker, or None."""
    hold = lease.claim(db, JOBS, worker_id, lease_seconds)
    return None if hold is None else claim_of(db, hold)


def heartbeat(db: Database, hold: Hold[JobRow]) -> Desired:
    """Keep a hold alive and learn what the job's owner wants of it.

    Raises LeaseLostError when the job went to another worker or ended otherwise.
    """
    try:
        return Desired(lease.heartbeat(db, hold).desired)
    except LeaseLostError:
        if _was_cancelled(db, hold):
            return Desired.CANCEL
        raise


def _open_attempt(session: Session, job: JobRow, now: float) -> None:
    if job.stalled_since is None:
        job.stalled_since = now
    session.add(AttemptRow(job_id=job.id, epoch=job.epoch, worker_id=job.worker_id, claimed_at=now))


def _stalled_seconds(job: JobRow, now: float) -> float | None:
    return None if job.stalled_since is None else now - job.stalled_since


def _was_cancelled(db: Database, hold: Hold[JobRow]) -> bool:
    with db.read() as session:
        attempt = get_attempt(session, hold.id, hold.epoch)
        return attempt is not None and attempt.exit_reason == ExitReason.CANCELLED


JOBS = LeasePolicy(
    row=JobRow,
    order=JobRow.seq,
    statuses=CLAIMABLE,
    backoff_seconds=(0.0, 2.0, 8.0, 30.0),
    max_stalled_attempts=3,
    # Kills come in storms when a machine is in trouble; only a job that also got nowhere for
    # this long is given up.
    min_stalled_seconds=60.0,
    stalled_seconds=_stalled_seconds,
    give_up=give_up,
    record_claim=_open_attempt,
    record_end=close_attempt,
    set_aside=pause_if_wanted,
)
"""Jobs, for whoever takes them by lease."""
