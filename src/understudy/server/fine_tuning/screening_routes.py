"""Our own routes on jobs, below /v1/x/: what was found in a training file, marked and continued."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from understudy.jobs import service
from understudy.jobs.screening import review
from understudy.schemas.base import WholeNumber
from understudy.schemas.fine_tuning.jobs import FineTuningJob
from understudy.schemas.fine_tuning.screenings import JobScreeningObject, MarkLines
from understudy.server.fine_tuning.objects import job_object
from understudy.server.fine_tuning.screening_objects import line_object, screening_object
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import json_body, read_json
from understudy.server.services import Services, ServicesDep

router = APIRouter(prefix="/x/fine_tuning/jobs")

_BODY_BYTES = 256 * 1024


@router.get("/{job_id}/screening")
def screening(
    job_id: str,
    services: ServicesDep,
    project: CurrentProject,
    after: Annotated[WholeNumber, Query()] = 0,
    limit: Annotated[int, Query(ge=0, le=200)] = 20,
) -> JobScreeningObject:
    """Show how the training file was screened, and the flagged lines after line `after`."""
    return _screening(services, project.id, job_id, after=after, limit=limit)


@router.get("/{job_id}/screening/lines", response_class=StreamingResponse)
def lines(job_id: str, services: ServicesDep, project: CurrentProject) -> StreamingResponse:
    """Download every listed line as JSONL: line, category, score and excerpt."""
    service.get_job(services.database, project.id, job_id)
    listed = review.all_lines(services.database, project.id, job_id)

    def written() -> Iterator[str]:
        for line in listed:
            yield line_object(line).model_dump_json() + "\n"

    return StreamingResponse(
        written(),
        media_type="application/jsonl",
        headers={"content-disposition": f'attachment; filename="{job_id}-flagged.jsonl"'},
    )


@router.post("/{job_id}/screening/marks", openapi_extra=json_body(MarkLines))
async def mark(
    job_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> JobScreeningObject:
    """Mark flagged lines as false positives, or take the marks away."""
    body = await read_json(request, MarkLines, limit_bytes=_BODY_BYTES)
    await run_in_threadpool(
        review.mark,
        services.database,
        project.id,
        job_id,
        body.lines,
        is_marked=body.is_false_positive,
    )
    return await run_in_threadpool(_screening, services, project.id, job_id, after=0, limit=20)


@router.post("/{job_id}/screening/continue")
def continue_(job_id: str, services: ServicesDep, project: CurrentProject) -> FineTuningJob:
    """Create a job again that its screening ended, once nothing blocks its file any more."""
    job = review.continue_job(services.database, services.catalogue(), project.id, job_id)
    return job_object(job)


def _screening(
    services: Services, project_id: str, job_id: str, *, after: int, limit: int
) -> JobScreeningObject:
    job = service.get_job(services.database, project_id, job_id)
    view = review.get_screening(services.database, project_id, job_id)
    found = review.get_lines(services.database, project_id, job_id, after=after, limit=limit + 1)
    return screening_object(job, view, found[:limit], has_more=len(found) > limit)
