"""The report card of a job as its project sees it: shown, and made again by another grader."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from understudy.data.files.formats import Method
from understudy.errors import InvalidRequestError, NotFoundError
from understudy.jobs.lifecycle import JobStatus
from understudy.jobs.service import found
from understudy.safety.release import NOT_CHECKED, CheckState
from understudy.storage.database import Database
from understudy.storage.evals.report_cards import (
    QUEUED,
    begin_report,
    find_report,
    requeue_report,
)
from understudy.storage.files.files import find_file
from understudy.storage.jobs import jobs
from understudy.storage.releases.checks import find_check, releases_of, state_of
from understudy.storage.tables.evals import JobReportRow
from understudy.storage.tables.jobs import JobRow
from understudy.storage.tables.releases import ReleaseCheckRow
from understudy.wording import worded


@dataclass(frozen=True, kw_only=True)
class JobReportCard:
    """The report card of a job, with the safety check of the model that it made."""

    row: JobReportRow
    model: str | None
    """None while the job has made none."""
    check: ReleaseCheckRow | None
    state: CheckState


def get_report_card(db: Database, project_id: str, job_id: str) -> JobReportCard:
    """Return the report card of a job; raises NotFoundError, also for a job that has none."""
    with db.read() as session:
        job = found(jobs.find_job(session, project_id, job_id), job_id)
        row = find_report(session, job_id)
        if row is None:
            raise NotFoundError(
                f"The job {job_id} has no report card"
                + (" yet." if job.validation_file else ": it has no validation file."),
                code="no_report_card",
                param="fine_tuning_job_id",
            )
        return _with_check(session, job, row)


def remake_report_card(
    db: Database, project_id: str, job_id: str, grader: dict[str, Any] | None
) -> JobReportCard:
    """Queue the report card of a succeeded job over pairs once more, judged by this grader.

    Raises NotFoundError and, for a card that cannot be made, InvalidRequestError.
    """
    with db.write() as session:
        job = found(jobs.find_job(session, project_id, job_id), job_id)
        row = find_report(session, job_id)
        problem = _why_not(job, row)
        if problem is None and not find_file(session, project_id, job.validation_file or ""):
            problem = f"its validation file {job.validation_file} was deleted"
        if problem is not None:
            raise InvalidRequestError(
                worded(
                    "jobs.report_card_cannot_made",
                    "The report card of {job_id} cannot be made again: {problem}.",
                    job_id=job_id,
                    problem=problem,
                ),
                code="report_card_not_possible",
                param="fine_tuning_job_id",
            )
        if row is None:
            # The job is older than report cards over pairs.
            now = db.now(session)
            row = begin_report(
                session, job.id, job.project_id, base_loss=None, base_token_accuracy=None, now=now
            )
        requeue_report(row, grader)
        return _with_check(session, job, row)


def _with_check(session: Session, job: JobRow, row: JobReportRow) -> JobReportCard:
    model = job.fine_tuned_model
    check = None if model is None else find_check(session, job.project_id, model)
    if check is None:
        return JobReportCard(row=row, model=model, check=None, state=NOT_CHECKED)
    releases = releases_of(session, job.project_id, check.model)
    return JobReportCard(row=row, model=model, check=check, state=state_of(check, releases))


def _why_not(job: JobRow, row: JobReportRow | None) -> str | None:
    if job.method != Method.DPO:
        return (
            "it compares with the answers of the file, which needs no grader (method "
            f"'{job.method}'); create an eval with your grader and run it on both models"
        )
    if job.validation_file is None:
        return "the job has no validation file; create a job with one"
    if job.status != JobStatus.SUCCEEDED:
        return f"the job is {job.status}, and only a job that has succeeded has a model to ask"
    if row is not None and row.status == QUEUED:
        return "it is being made; wait until it is completed"
    return None
