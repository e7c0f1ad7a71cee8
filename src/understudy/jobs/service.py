"""What a project can do with its jobs: create, look at, list, pause, resume and cancel them."""

from collections.abc import Mapping

from understudy.errors import InvalidRequestError, NotFoundError
from understudy.jobs import texts
from understudy.jobs.creation import CheckedJob, NewJob, check_new_job, insert_job
from understudy.jobs.ending import finish, move, note_progress, pause
from understudy.jobs.lifecycle import Desired, JobStatus, can_move
from understudy.registry.catalogue import Catalogue
from understudy.schemas.lists import Cursor
from understudy.storage.database import Database
from understudy.storage.idempotency import Repeatable, once
from understudy.storage.jobs import checkpoints, events, jobs
from understudy.storage.jobs.events import NewEvent, append_event
from understudy.storage.jobs.speed import training_speed
from understudy.storage.paging import Page
from understudy.storage.tables.jobs import CheckpointRow, JobEventRow, JobRow
from understudy.wording import worded
from understudy.work.policy import ExitReason


def check_job(
    db: Database, catalogue: Catalogue, project_id: str, new: NewJob
) -> tuple[CheckedJob, float | None]:
    """Check a job without creating it; raises InvalidRequestError as `create_job` does.

    Returns also how many tokens a second earlier jobs on its base made; None when none has ended.
    """
    with db.read() as session:
        checked = check_new_job(session, catalogue, project_id, new)
        return checked, training_speed(session, project_id, checked.start.base)


def create_job(
    db: Database,
    catalogue: Catalogue,
    project_id: str,
    new: NewJob,
    *,
    request: Repeatable | None = None,
) -> JobRow:
    """Create a job, or return the one that the same `request` created before.

    Raises InvalidRequestError when the model, a file or the metadata cannot be used.
    """
    with db.write() as session:
        now = int(db.now(session))

        def find(id: str) -> JobRow:
            return found(jobs.find_job(session, project_id, id), id)

        def make() -> JobRow:
            return insert_job(session, catalogue, project_id, new, now=now)

        if request is None:
            return make()
        return once(session, project_id, request, now=now, find=find, make=make)


def get_job(db: Database, project_id: str, job_id: str) -> JobRow:
    """Return a project's job; raises NotFoundError, also for another project's id."""
    with db.read() as session:
        return found(jobs.find_job(session, project_id, job_id), job_id)


def list_jobs(
    db: Database,
    project_id: str,
    *,
    metadata: Mapping[str, str] | None = None,
    is_without_metadata: bool = False,
    after: str | None = None,
    limit: int = 20,
) -> Page[JobRow]:
    """Return one page of a project's jobs, newest first.

    Only jobs that carry all pairs of `metadata` are listed, or only jobs that carry none at all
    when `is_without_metadata` is set.
    """
    with db.read() as session:
        return jobs.list_jobs(
            session,
            project_id,
            metadata=metadata or {},
            is_without_metadata=is_without_metadata,
            after=after,
            limit=limit,
        )


def search_jobs(
    db: Database, project_id: str, *, text: str, status: JobStatus | None, cursor: Cursor
) -> Page[JobRow]:
    """Return one page of a project's jobs in a status that hold a text, newest first."""
    with db.read() as session:
        return jobs.search_jobs(session, project_id, text, status, cursor)


def cancel_job(db: Database, project_id: str, job_id: str) -> JobRow:
    """Cancel a job at once: whoever works on it learns it and can no longer write to it.

    Raises InvalidRequestError when the job has ended already.
    """
    with db.write() as session:
        job = found(jobs.lock_job_of_project(session, project_id, job_id), job_id)
        if not can_move(JobStatus(job.status), JobStatus.CANCELLED):
            raise InvalidRequestError(
                worded(
                    "api.cannot_cancel",
                    'Cannot cancel a job {job} that already has status "{status}".',
                    job=job_id,
                    status=job.status,
                )
            )
        job.desired = Desired.CANCEL
        event = NewEvent(key="cancelled", message=texts.CANCELLED, data={})
        finish(session, job, JobStatus.CANCELLED, event, now=db.now(session))
        return job


def pause_job(db: Database, project_id: str, job_id: str) -> JobRow:
    """Pause a job: at once, or, while a worker trains, as soon as that one has saved its state.

    Until then the job is still shown as running. Raises InvalidRequestError when the job is paused
    already or has ended.
    """
    with db.write() as session:
        job = found(jobs.lock_job_of_project(session, project_id, job_id), job_id)
        if not can_move(JobStatus(job.status), JobStatus.PAUSED):
            raise InvalidRequestError(
                worded(
                    "api.cannot_pause",
                    'Cannot pause a job {job} that already has status "{status}".',
                    job=job_id,
                    status=job.status,
                )
            )
        if job.status == JobStatus.RUNNING and job.worker_id is not None:
            job.desired = Desired.PAUSE
        else:
            pause(session, job, ExitReason.PAUSED, now=db.now(session))
        return job


def resume_job(db: Database, project_id: str, job_id: str) -> JobRow:
    """Queue a paused job again: it continues from the state that its pause saved.

    Raises InvalidRequestError when the job is not paused, also while it is still being paused.
    """
    with db.write() as session:
        job = found(jobs.lock_job_of_project(session, project_id, job_id), job_id)
        if job.status != JobStatus.PAUSED:
            raise InvalidRequestError(
                worded(
                    "api.cannot_resume",
                    'Cannot resume a job {job} that has status "{status}".',
                    job=job_id,
                    status=job.status,
                )
            )
        move(job, JobStatus.QUEUED)
        job.desired = Desired.RUN
        now = db.now(session)
        job.available_at = now
        note_progress(job)
        event = NewEvent(key=f"resumed:{job.epoch}", message=texts.RESUMED, data={})
        append_event(session, job.id, event, created_at=int(now))
        return job


def list_events(
    db: Database, project_id: str, job_id: str, *, after: str | None = None, limit: int = 20
) -> Page[JobEventRow]:
    """Return one page of a job's events, newest first; raises NotFoundError."""
    with db.read() as session:
        found(jobs.find_job(session, project_id, job_id), job_id)
        return events.list_events(session, job_id, after=after, limit=limit)


def list_checkpoints(
    db: Database, project_id: str, job_id: str, *, after: str | None = None, limit: int = 10
) -> Page[CheckpointRow]:
    """Return one page of a job's checkpoints, newest first; raises NotFoundError."""
    with db.read() as session:
        found(jobs.find_job(session, project_id, job_id), job_id)
        return checkpoints.list_checkpoints(session, job_id, after=after, limit=limit)


def found(job: JobRow | None, job_id: str) -> JobRow:
    """Return a job that was looked up; raises NotFoundError, in the contract's words, for None."""
    if job is None:
        raise NotFoundError(
            worded("api.no_job", "Could not find fine tune: {job}", job=job_id),
            code="fine_tune_not_found",
            param="fine_tune_id",
        )
    return job
