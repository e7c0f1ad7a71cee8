"""Our own routes below /v1/x/ that make stored answers into a student: preview, create, follow."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.distilling import service
from understudy.schemas.distillations import (
    CreateDistillation,
    Distillation,
    DistillationPreview,
)
from understudy.schemas.lists import Cursor, Order, Page
from understudy.server.distillations.objects import distillation_object
from understudy.server.http.auth import CurrentProject
from understudy.server.http.idempotency import repeatable
from understudy.server.http.json_body import json_body, read_json
from understudy.server.http.lists import Limit, page_object
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/distillations")

_BODY_BYTES = 4 * 1024 * 1024
_TOO_LONG = (
    "Looking at these answers takes too long for a preview. Select fewer, by 'limit', metadata or "
    "dates; or start the distillation, which may take its time."
)


@router.post("", status_code=201, openapi_extra=json_body(CreateDistillation))
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> Distillation:
    """Queue a distillation: files, a job, and an eval of teacher, base and student."""
    body = await read_json(request, CreateDistillation, limit_bytes=_BODY_BYTES)
    await service.check_graders(body, services.grader_context_of(project.id))
    row = await run_in_threadpool(
        service.create,
        services.served,
        services.blobs,
        project.id,
        body,
        organization=services.organization,
        days=services.answers_of(project.name).days,
        report_address=str(request.base_url).rstrip("/"),
        mark=repeatable(request, body.model_dump_json()),
    )
    return distillation_object(row)


@router.post("/preview", openapi_extra=json_body(CreateDistillation))
async def preview(
    request: Request, services: ServicesDep, project: CurrentProject
) -> DistillationPreview:
    """Say what would be learned and what dropped, and make nothing; no grader is asked."""
    body = await read_json(request, CreateDistillation, limit_bytes=_BODY_BYTES)

    def look() -> DistillationPreview:
        with services.report_limiter.turn(too_long=_TOO_LONG) as check_stop:
            return service.preview(services.served, project.id, body, check_stop)

    return await run_in_threadpool(look)


@router.get("")
def list_(
    services: ServicesDep,
    project: CurrentProject,
    after: str | None = None,
    limit: Limit = 20,
    order: Order = Order.NEWEST_FIRST,
) -> Page[Distillation]:
    """List the project's distillations."""
    cursor = Cursor(after=after, limit=limit, order=order)
    page = service.list_(services.database, project.id, cursor)
    return page_object(page, distillation_object)


@router.get("/{distillation_id}")
def retrieve(distillation_id: str, services: ServicesDep, project: CurrentProject) -> Distillation:
    """Show one distillation."""
    return distillation_object(service.get(services.database, project.id, distillation_id))


@router.post("/{distillation_id}/cancel")
def cancel(distillation_id: str, services: ServicesDep, project: CurrentProject) -> Distillation:
    """Cancel a distillation with its job; the files that it made stay."""
    return distillation_object(service.cancel(services.database, project.id, distillation_id))
