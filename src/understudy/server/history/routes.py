"""Our own routes below /v1/x/history: records of an account elsewhere, kept to be read."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from understudy.schemas.history import HistoryDeleted, HistoryKind, HistoryRecord, PutHistory
from understudy.schemas.lists import Cursor, Order, Page
from understudy.server.history import service
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import json_body, read_json
from understudy.server.http.lists import page_object
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/history")

# A job brings all of its events and checkpoints.
_BODY_BYTES = 64 * 1024 * 1024
_Limit = Annotated[int, Query(ge=1, le=100)]


@router.put("/{kind}/{id:path}", openapi_extra=json_body(PutHistory))
async def put(
    kind: HistoryKind, id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> HistoryRecord:
    """Keep a record as it was elsewhere, in the place of an older one of its id."""
    body = await read_json(request, PutHistory, limit_bytes=_BODY_BYTES)
    return await run_in_threadpool(service.put, services.database, project.id, kind, id, body)


@router.get("/{kind}")
def list_(
    kind: HistoryKind,
    services: ServicesDep,
    project: CurrentProject,
    after: str | None = None,
    limit: _Limit = 20,
    order: Order = Order.NEWEST_FIRST,
) -> Page[HistoryRecord]:
    """List the records of one kind."""
    cursor = Cursor(after=after, limit=limit, order=order)
    page = service.list_(services.database, project.id, kind, cursor)
    return page_object(page, service.record_object)


@router.get("/{kind}/{id:path}")
def retrieve(
    kind: HistoryKind, id: str, services: ServicesDep, project: CurrentProject
) -> HistoryRecord:
    """Show one record."""
    return service.get(services.database, project.id, kind, id)


@router.delete("/{kind}/{id:path}")
def delete(
    kind: HistoryKind, id: str, services: ServicesDep, project: CurrentProject
) -> HistoryDeleted:
    """Delete one record; the copies of its files stay."""
    service.delete(services.database, project.id, kind, id)
    return HistoryDeleted(id=id)
