"""How an attempt ends, and how a job pauses or ends: state, event and outbox row together."""

from sqlalchemy.orm import Session

from understudy.jobs import texts
from understudy.jobs.lifecycle import FINISHED, Desired, JobStatus, can_move
from understudy.storage.events.outbox import publish
from understudy.storage.jobs.events import NewEvent, append_event
from understudy.storage.jobs.jobs import get_attempt
from understudy.storage.tables.jobs import JobRow
from understudy.wording import Sentence, worded
from understudy.work.lease import free
from understudy.work.policy import ExitReason


def move(job: JobRow, status: JobStatus) -> None:
    """Put a job into another state; a move that does not exist is our own mistake."""
    assert can_move(JobStatus(job.status), status), f"{job.status} -> {status}"
    job.status = status


def finish(
    session: Session, job: JobRow, status: JobStatus, event: NewEvent, *, now: float
) -> None:
    """End a job for good, whoever holds it."""
    assert status in FINISHED
    move(job, status)
    job.finished_at = int(now)
    job.estimated_finish = None
    _free(session, job, ExitReason(status.value), now)
    append_event(session, job.id, event, created_at=int(now))
    publish(
        session,
        project_id=job.project_id,
        type=f"fine_tuning.job.{status}",
        object_id=job.id,
        created_at=int(now),
    )


def fail(
    session: Session, job: JobRow, code: str, message: Sentence, param: str | None, *, now: float
) -> None:
    """End a job with an error that its owner reads in the job and in its last event."""
    job.error_code, job.error_message, job.error_param = code, message, param
    job.error_wording = message.to_json()
    event = NewEvent(key="failed", message=message, level="error", data={})
    finish(session, job, JobStatus.FAILED, event, now=now)


def pause(session: Session, job: JobRow, reason: ExitReason, *, now: float) -> None:
    """Put a job aside until its owner resumes it: nobody holds it, and nobody may claim it."""
    _free(session, job, reason, now)
    _set_aside(session, job, now)


def pause_if_wanted(session: Session, job: JobRow, now: float) -> bool:
    """Put a job that nobody holds aside when its owner wants that, however its attempt ended."""
    if job.desired != Desired.PAUSE:
        return False
    _set_aside(session, job, now)
    return True


def give_up(session: Session, job: JobRow, now: float) -> None:
    """End a job that never gets anywhere."""
    message = worded(
        "job.given_up",
        "The job was given up after {attempts} attempts in a row that ended early and got no "
        "further than the ones before.",
        attempts=job.stalled_attempts,
    )
    fail(session, job, "server_error", message, None, now=now)


def note_progress(job: JobRow) -> None:
    """Record that the present attempt got further than any before it."""
    job.stalled_attempts = 0
    job.stalled_since = None


def close_attempt(session: Session, job: JobRow, reason: ExitReason, now: float) -> None:
    """Record why the attempt that holds a job ends; one that ended before stays as it is."""
    attempt = get_attempt(session, job.id, job.epoch)
    if attempt is not None and attempt.exit_reason is None:
        attempt.ended_at = now
        attempt.exit_reason = reason
        if reason is ExitReason.HUNG:
            event = NewEvent(key=f"hung:{job.epoch}", message=texts.HUNG, level="warn", data={})
            append_event(session, job.id, event, created_at=int(now))


def _free(session: Session, job: JobRow, reason: ExitReason, now: float) -> None:
    close_attempt(session, job, reason, now)
    free(job)


def _set_aside(session: Session, job: JobRow, now: float) -> None:
    move(job, JobStatus.PAUSED)
    job.desired = Desired.PAUSE
    job.estimated_finish = None
    # Freeing has raised the epoch, so that every pause has a key of its own.
    event = NewEvent(key=f"paused:{job.epoch}", message=texts.PAUSED, data={})
    append_event(session, job.id, event, created_at=int(now))
