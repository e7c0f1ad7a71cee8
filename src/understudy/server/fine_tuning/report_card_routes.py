"""Our own route on jobs, below /v1/x/: the report card."""

from fastapi import APIRouter

from understudy.jobs import service
from understudy.schemas.evals.report_cards import JobReport
from understudy.server.fine_tuning.objects import report_card_object
from understudy.server.http.auth import CurrentProject
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/fine_tuning/jobs")


@router.get("/{job_id}/report")
def report(job_id: str, services: ServicesDep, project: CurrentProject) -> JobReport:
    """Show the report card of a job; there is one when the job has a validation file."""
    return report_card_object(service.get_report_card(services.database, project.id, job_id))
