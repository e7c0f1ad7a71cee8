"""Jobs that no worker holds yet: their files are checked, and each has a place in the queue."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from understudy.data.files.formats import Method
from understudy.errors import JobFailedError
from understudy.jobs import texts
from understudy.jobs.ending import fail, move
from understudy.jobs.lifecycle import CLAIMABLE, JobStatus
from understudy.storage.database import Database
from understudy.storage.jobs import jobs
from understudy.storage.jobs.events import NewEvent, append_event
from understudy.storage.tables.jobs import JobRow

_WAITING_SECONDS = 1
"""A trainer that is free takes a job sooner, and checks its files itself."""


@dataclass(frozen=True, kw_only=True)
class WaitingJob:
    """A job whose files nobody has checked."""

    job_id: str
    method: Method
    training_file: str
    training_blob: str
    validation_file: str | None
    validation_blob: str | None


def unchecked_jobs(db: Database) -> tuple[WaitingJob, ...]:
    """Return the jobs of all projects that wait with files that nobody has checked, oldest first.

    Jobs that learn a teacher's probabilities are left out: what they read is more than a file.
    """
    with db.read() as session:
        before = int(db.now(session)) - _WAITING_SECONDS
        rows = jobs.unheld_jobs(session, JobStatus.VALIDATING_FILES, created_before=before)
        return tuple(_waiting(job) for job in rows if job.teaching is None)


def record_good_files(db: Database, job_id: str) -> None:
    """Put a job whose files are good into the queue, unless a worker has it by now."""
    with db.write() as session:
        job = _still_unchecked(session, job_id)
        if job is not None:
            move(job, JobStatus.QUEUED)
            event = NewEvent(key="validated", message=texts.VALIDATED, data={})
            append_event(session, job.id, event, created_at=int(db.now(session)))


def record_bad_files(db: Database, job_id: str, error: JobFailedError) -> None:
    """End a job whose files are bad, unless a worker has it by now, which finds the same."""
    with db.write() as session:
        job = _still_unchecked(session, job_id)
        if job is not None:
            code = error.code or "invalid_request"
            fail(session, job, code, error.message, error.param, now=db.now(session))


def place_in_queue(session: Session, job: JobRow) -> int | None:
    """Return the place of a waiting job, 1 for the oldest; None for one that does not wait."""
    if job.status not in CLAIMABLE or job.worker_id is not None:
        return None
    return jobs.count_before(session, job, CLAIMABLE) + 1


def _still_unchecked(session: Session, job_id: str) -> JobRow | None:
    job = jobs.lock_job(session, job_id)
    is_free = job.status == JobStatus.VALIDATING_FILES and job.worker_id is None
    return job if is_free else None


def _waiting(job: JobRow) -> WaitingJob:
    return WaitingJob(
        job_id=job.id,
        method=Method(job.method),
        training_file=job.training_file,
        training_blob=job.training_blob,
        validation_file=job.validation_file,
        validation_blob=job.validation_blob,
    )
