"""Report cards of jobs: begun by the trainer, finished by the runner."""

from sqlalchemy.orm import Session

from understudy.storage.tables.evals import JobReportRow

WAITING = "waiting"
"""The job is still training."""
QUEUED = "queued"
COMPLETED = "completed"
FAILED = "failed"


def find_report(session: Session, job_id: str) -> JobReportRow | None:
    """Return the report card of a job, or None when it has none."""
    return session.get(JobReportRow, job_id)


def begin_report(
    session: Session,
    job_id: str,
    project_id: str,
    *,
    base_loss: float,
    base_token_accuracy: float,
    now: float,
) -> None:
    """Note how good the model was before training; a second note changes nothing."""
    if find_report(session, job_id) is not None:
        return
    session.add(
        JobReportRow(
            job_id=job_id,
            project_id=project_id,
            status=WAITING,
            created_at=int(now),
            finished_at=None,
            base_loss=base_loss,
            base_token_accuracy=base_token_accuracy,
            card=None,
            error_message=None,
        )
    )


def queue_report(session: Session, job_id: str) -> None:
    """Let a runner finish the report card of a job that succeeded, if it has one."""
    report = find_report(session, job_id)
    if report is not None:
        report.status = QUEUED
