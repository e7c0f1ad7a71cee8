"""Our own routes on jobs, below /v1/x/: the report card, shown and made again."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.graders.build import build_grader
from understudy.jobs import report_cards
from understudy.schemas.evals.report_cards import JobReport, RemakeReport
from understudy.server.fine_tuning.report_card_objects import report_card_object
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import json_body, read_json
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/fine_tuning/jobs")

_BODY_BYTES = 1024 * 1024


@router.get("/{job_id}/report")
def report(job_id: str, services: ServicesDep, project: CurrentProject) -> JobReport:
    """Show the report card of a job; there is one when the job has a validation file."""
    card = report_cards.get_report_card(services.database, project.id, job_id)
    return report_card_object(card, services.served.releases(project.name))


@router.post("/{job_id}/report", openapi_extra=json_body(RemakeReport))
async def remake(
    job_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> JobReport:
    """Make the report card of a job over pairs again, judged by a grader or by closeness."""
    body = await read_json(request, RemakeReport, limit_bytes=_BODY_BYTES)
    if body.grader is not None:
        await build_grader(body.grader, services.grader_context_of(project.id), param="grader")
    wire = body.model_dump(mode="json", exclude_none=True).get("grader")
    card = await run_in_threadpool(
        report_cards.remake_report_card, services.database, project.id, job_id, wire
    )
    return report_card_object(card, services.served.releases(project.name))
