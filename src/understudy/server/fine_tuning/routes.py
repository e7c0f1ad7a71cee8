"""Fine-tuning jobs: create, list, look at, pause, cancel, and follow by events and checkpoints."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams

from understudy.errors import InvalidRequestError
from understudy.jobs import service
from understudy.schemas.fine_tuning.jobs import (
    CreateFineTuningJob,
    FineTuningCheckpoint,
    FineTuningEvent,
    FineTuningJob,
)
from understudy.schemas.lists import Page, PageWithIds
from understudy.server.fine_tuning.objects import checkpoint_object, event_object, job_object
from understudy.server.fine_tuning.request import new_job
from understudy.server.fine_tuning.rewards import check_held_out
from understudy.server.http.auth import CurrentKey, CurrentProject
from understudy.server.http.idempotency import repeatable
from understudy.server.http.json_body import read_json
from understudy.server.http.lists import page_object, page_with_ids
from understudy.server.http.metadata_query import metadata_pairs
from understudy.server.services import ServicesDep
from understudy.wording import worded

router = APIRouter(prefix="/fine_tuning/jobs")

_BODY_BYTES = 1024 * 1024
Limit = Annotated[int, Query(ge=0, le=1000)]


@router.post("")
async def create(
    request: Request, services: ServicesDep, project: CurrentProject, key: CurrentKey
) -> FineTuningJob:
    """Create a job and return at once; its files are looked into later, by the job."""
    body = await read_json(request, CreateFineTuningJob, limit_bytes=_BODY_BYTES)
    check_held_out(body)
    new = await new_job(
        body,
        services.grader_context_of(project.id),
        organization=services.organization,
        has_wandb=services.has_wandb,
        created_by={"id": key.id, "name": key.name, "hint": key.hint or ""},
    )
    mark = repeatable(request, body.model_dump_json())
    view = await run_in_threadpool(
        service.create_job, services.database, services.catalogue(), project.id, new, request=mark
    )
    return job_object(view)


@router.get("")
def list_(
    request: Request,
    services: ServicesDep,
    project: CurrentProject,
    after: str | None = None,
    limit: Limit = 20,
) -> Page[FineTuningJob]:
    """List the project's jobs, newest first, or those with given metadata."""
    metadata = _metadata_filter(request.query_params)
    page = service.list_jobs(
        services.database,
        project.id,
        metadata=metadata,
        is_without_metadata=metadata is None,
        after=after,
        limit=limit,
    )
    return page_object(page, job_object)


@router.get("/{job_id}")
def retrieve(job_id: str, services: ServicesDep, project: CurrentProject) -> FineTuningJob:
    """Show one job."""
    return job_object(service.get_job(services.database, project.id, job_id))


@router.post("/{job_id}/cancel")
def cancel(job_id: str, services: ServicesDep, project: CurrentProject) -> FineTuningJob:
    """Cancel a job at once. The body is not read: clients send none and call it JSON."""
    return job_object(service.cancel_job(services.database, project.id, job_id))


@router.post("/{job_id}/pause")
def pause(job_id: str, services: ServicesDep, project: CurrentProject) -> FineTuningJob:
    """Pause a job; one in training is shown as running until its state is saved."""
    return job_object(service.pause_job(services.database, project.id, job_id))


@router.post("/{job_id}/resume")
def resume(job_id: str, services: ServicesDep, project: CurrentProject) -> FineTuningJob:
    """Queue a paused job again."""
    return job_object(service.resume_job(services.database, project.id, job_id))


@router.get("/{job_id}/events")
def list_events(
    job_id: str,
    services: ServicesDep,
    project: CurrentProject,
    after: str | None = None,
    limit: Limit = 20,
) -> Page[FineTuningEvent]:
    """List what happened to a job, newest first."""
    page = service.list_events(services.database, project.id, job_id, after=after, limit=limit)
    return page_object(page, event_object)


@router.get("/{job_id}/checkpoints")
def list_checkpoints(
    job_id: str,
    services: ServicesDep,
    project: CurrentProject,
    after: str | None = None,
    limit: Limit = 10,
) -> PageWithIds[FineTuningCheckpoint]:
    """List the models that a job saved on its way, newest first."""
    page = service.list_checkpoints(services.database, project.id, job_id, after=after, limit=limit)
    return page_with_ids(page, checkpoint_object)


def _metadata_filter(query: QueryParams) -> dict[str, str] | None:
    """Read `metadata[key]=value` pairs; None for `metadata=null`, jobs without any."""
    if "metadata" in query:
        if query["metadata"] != "null":
            raise InvalidRequestError(
                worded(
                    "jobs.metadata_filter_metadata_value",
                    "Invalid 'metadata': filter with metadata[key]=value, or with "
                    "metadata=null for jobs without metadata.",
                ),
                param="metadata",
            )
        return None
    return metadata_pairs(query)
