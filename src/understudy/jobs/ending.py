"""How an attempt ends, and how a job pauses or ends: state, event and outbox row together."""

from sqlalchemy.orm import Session

from understudy.jobs import texts
from understudy.jobs.lifecycle import FINISHED, Desired, ExitReason, JobStatus, can_move
from understudy.jobs.views import JobError
from understudy.storage.jobs.events import NewEvent, append_event
from understudy.storage.jobs.jobs import get_attempt
from understudy.storage.outbox import publish
from understudy.storage.tables.jobs import JobRow

_STALLED_ATTEMPTS_LIMIT = 3
# Kills come in storms when a machine is in trouble; only a job that also got nowhere for this
# long is given up.
_STALLED_SECONDS_LIMIT = 60
_BACKOFF_SECONDS = (0.0, 2.0, 8.0, 30.0)
_STORAGE_FULL_WAIT_SECONDS = 30.0
_BLAMED = frozenset(
    {
        ExitReason.LEASE_EXPIRED,
        ExitReason.WORKER_RESTARTED,
        ExitReason.INFRASTRUCTURE,
        ExitReason.HUNG,
    }
)


def move(job: JobRow, status: JobStatus) -> None:
    """Put a job into another state; a move that does not exist is our own mistake."""
    assert can_move(JobStatus(job.status), status), f"{job.status} -> {status}"
    job.status = status


def finish(
    session: Session,
    job: JobRow,
    status: JobStatus,
    event: NewEvent,
    *,
    now: float,
    error: JobError | None = None,
) -> None:
    """End a job for good, whoever holds it."""
    assert status in FINISHED
    move(job, status)
    job.finished_at = int(now)
    job.estimated_finish = None
    if error is not None:
        job.error_code, job.error_message, job.error_param = error.code, error.message, error.param
    _free(session, job, ExitReason(status.value), now)
    append_event(session, job.id, event, created_at=int(now))
    publish(
        session,
        project_id=job.project_id,
        type=f"fine_tuning.job.{status}",
        object_id=job.id,
        created_at=int(now),
    )


def fail(session: Session, job: JobRow, error: JobError, *, now: float) -> None:
    """End a job with an error that its owner reads in the job and in its last event."""
    event = NewEvent(key="failed", message=error.message, level="error", data={})
    finish(session, job, JobStatus.FAILED, event, now=now, error=error)


def pause(session: Session, job: JobRow, reason: ExitReason, *, now: float) -> None:
    """Put a job aside until its owner resumes it: nobody holds it, and nobody may claim it."""
    move(job, JobStatus.PAUSED)
    job.desired = Desired.PAUSE
    job.estimated_finish = None
    _free(session, job, reason, now)
    # Freeing raises the epoch, so that every pause has a key of its own.
    event = NewEvent(key=f"paused:{job.epoch}", message=texts.PAUSED, data={})
    append_event(session, job.id, event, created_at=int(now))


def end_attempt(session: Session, job: JobRow, reason: ExitReason, *, now: float) -> None:
    """Take a job from its holder; the next worker may have it, unless it never gets anywhere.

    A job that its owner wants paused is paused, however the attempt ended.
    """
    if job.desired == Desired.PAUSE:
        pause(session, job, reason, now=now)
        return
    _free(session, job, reason, now)
    if reason is ExitReason.STORAGE_FULL:
        job.available_at = now + _STORAGE_FULL_WAIT_SECONDS
    if reason not in _BLAMED or job.stalled_since is None:
        return
    job.stalled_attempts += 1
    backoff = min(job.stalled_attempts, len(_BACKOFF_SECONDS)) - 1
    job.available_at = now + _BACKOFF_SECONDS[backoff]
    if _is_hopeless(job, now):
        fail(session, job, _no_progress(job.stalled_attempts), now=now)


def note_progress(job: JobRow) -> None:
    """Record that the present attempt got further than any before it."""
    job.stalled_attempts = 0
    job.stalled_since = None


def _free(session: Session, job: JobRow, reason: ExitReason, now: float) -> None:
    attempt = get_attempt(session, job.id, job.epoch)
    if attempt is not None and attempt.exit_reason is None:
        attempt.ended_at = now
        attempt.exit_reason = reason
    job.worker_id = None
    job.lease_until = None
    job.epoch += 1


def _is_hopeless(job: JobRow, now: float) -> bool:
    assert job.stalled_since is not None
    is_long = now - job.stalled_since >= _STALLED_SECONDS_LIMIT
    return is_long and job.stalled_attempts >= _STALLED_ATTEMPTS_LIMIT


def _no_progress(attempts: int) -> JobError:
    return JobError(
        code="server_error",
        message=(
            f"The job was given up after {attempts} attempts in a row that ended early and got "
            "no further than the ones before."
        ),
        param=None,
    )
