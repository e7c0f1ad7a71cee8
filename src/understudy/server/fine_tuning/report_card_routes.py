"""Our own route on jobs, below /v1/x/: the report card."""

from typing import Literal, cast

from fastapi import APIRouter

from understudy.errors import NotFoundError
from understudy.jobs.service import get_job
from understudy.schemas.evals.report_cards import JobReport
from understudy.server.http.auth import CurrentProject
from understudy.server.services import ServicesDep
from understudy.storage.evals.report_cards import find_report

router = APIRouter(prefix="/x/fine_tuning/jobs")


@router.get("/{job_id}/report")
def report(job_id: str, services: ServicesDep, project: CurrentProject) -> JobReport:
    """Show the report card of a job; there is one when the job has a validation file."""
    job = get_job(services.database, project.id, job_id)
    with services.database.read() as session:
        row = find_report(session, job.id)
    if row is None:
        raise NotFoundError(
            f"The job {job.id} has no report card"
            + (" yet." if job.validation_file else ": it has no validation file."),
            code="no_report_card",
            param="fine_tuning_job_id",
        )
    return JobReport(
        job_id=job.id,
        status=cast(Literal["waiting", "queued", "completed", "failed"], row.status),
        created_at=row.created_at,
        finished_at=row.finished_at,
        base_loss=row.base_loss,
        base_token_accuracy=row.base_token_accuracy,
        card=row.card,
        error=row.error_message,
    )
