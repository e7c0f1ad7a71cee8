"""Report cards of jobs: begun by the trainer, finished by the runner."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
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
    base_loss: float | None,
    base_token_accuracy: float | None,
    now: float,
) -> JobReportRow:
    """Note how good the model was before training; a second note changes nothing.

    None stands for a method whose card has nothing to measure before.
    """
    begun = find_report(session, job_id)
    if begun is not None:
        return begun
    report = JobReportRow(
        job_id=job_id,
        project_id=project_id,
        status=WAITING,
        created_at=int(now),
        finished_at=None,
        base_loss=base_loss,
        base_token_accuracy=base_token_accuracy,
        grader=None,
        card=None,
        error_message=None,
    )
    session.add(report)
    session.flush()
    return report


def queue_report(session: Session, job_id: str) -> None:
    """Let a runner finish the report card of a job that succeeded, if it has one."""
    report = find_report(session, job_id)
    if report is not None:
        report.status = QUEUED


def requeue_report(report: JobReportRow, grader: dict[str, Any] | None) -> None:
    """Let a runner make a card again, by this grader; the card that there was is gone."""
    report.status = QUEUED
    report.grader = grader
    report.card = None
    report.error_message = None
    report.finished_at = None
    report.available_at = 0.0
    report.stalled_attempts = 0


def card_parts(session: Session, project_id: str, parts: Sequence[str]) -> dict[str, list[Any]]:
    """Return these parts of each finished card of a project, by its job; None for one it lacks."""
    columns = [JobReportRow.card[part] for part in parts]
    query = select(JobReportRow.job_id, *columns).where(
        JobReportRow.project_id == project_id, JobReportRow.status == COMPLETED
    )
    return {job_id: list(found) for job_id, *found in session.execute(query)}
