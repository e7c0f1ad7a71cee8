"""Batches: create, list, look at, cancel."""

from fastapi import APIRouter, FastAPI, Request
from starlette.concurrency import run_in_threadpool

from understudy.errors import InvalidRequestError
from understudy.schemas.batches import Batch, BatchEndpoint, CreateBatch
from understudy.schemas.lists import Cursor, PageWithIds
from understudy.server.batches import service
from understudy.server.batches.objects import batch_object
from understudy.server.http.auth import CurrentProject
from understudy.server.http.idempotency import repeatable
from understudy.server.http.inside import takes_posts
from understudy.server.http.json_body import json_body, read_json
from understudy.server.http.lists import Limit, page_with_ids
from understudy.server.services import ServicesDep
from understudy.wording import worded

router = APIRouter(prefix="/batches")

_BODY_BYTES = 64 * 1024


@router.post("", openapi_extra=json_body(CreateBatch))
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> Batch:
    """Begin a batch and return at once; its input is looked into later."""
    body = await read_json(request, CreateBatch, limit_bytes=_BODY_BYTES)
    _check_offered(request.app, body.endpoint)
    mark = repeatable(request, body.model_dump_json())
    row = await run_in_threadpool(service.create, services.database, project.id, body, mark=mark)
    return batch_object(row)


@router.get("")
def list_(
    services: ServicesDep,
    project: CurrentProject,
    after: str | None = None,
    limit: Limit = 20,
) -> PageWithIds[Batch]:
    """List the project's batches, newest first."""
    page = service.list_(services.database, project.id, Cursor(after=after, limit=limit))
    return page_with_ids(page, batch_object)


@router.get("/{batch_id}")
def retrieve(batch_id: str, services: ServicesDep, project: CurrentProject) -> Batch:
    """Show one batch; its counts grow while it is in progress."""
    return batch_object(service.get(services.database, project.id, batch_id))


@router.post("/{batch_id}/cancel")
def cancel(batch_id: str, services: ServicesDep, project: CurrentProject) -> Batch:
    """Cancel a batch. The body is not read: clients send none and call it JSON."""
    return batch_object(service.cancel(services.database, project.id, batch_id))


def _check_offered(app: FastAPI, endpoint: str) -> None:
    """Refuse requests that this server does not answer one by one either."""
    if not takes_posts(app, endpoint):
        supported = ", ".join(f"'{each}'" for each in BatchEndpoint if takes_posts(app, each))
        raise InvalidRequestError(
            worded(
                "batches.value_endpoint_supported_values",
                "Invalid value for 'endpoint': '{endpoint}'. Supported values are: {supported}.",
                endpoint=endpoint,
                supported=supported,
            ),
            code="invalid_value",
            param="endpoint",
        )
