"""Which other projects may use a tuned model: permit, list, revoke."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from understudy.jobs import permissions
from understudy.schemas.fine_tuning.permissions import (
    CreatePermissions,
    Permission,
    PermissionDeleted,
    PermissionOrder,
)
from understudy.schemas.lists import Cursor, Order, PageWithIds
from understudy.server.fine_tuning.objects import permission_object
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import json_body, read_json
from understudy.server.http.lists import page_with_ids
from understudy.server.services import ServicesDep

# Names of models hold slashes, which arrive decoded.
router = APIRouter(prefix="/fine_tuning/checkpoints/{model:path}/permissions")

_BODY_BYTES = 64 * 1024
_Limit = Annotated[int, Query(ge=0, le=100)]


@router.post("", openapi_extra=json_body(CreatePermissions))
async def create(
    model: str, request: Request, services: ServicesDep, project: CurrentProject
) -> PageWithIds[Permission]:
    """Let other projects use a tuned model or checkpoint of this one."""
    body = await read_json(request, CreatePermissions, limit_bytes=_BODY_BYTES)
    rows = await run_in_threadpool(
        permissions.permit, services.database, project.id, model, body.project_ids
    )
    data = [permission_object(row) for row in rows]
    return PageWithIds(data=data, has_more=False, first_id=data[0].id, last_id=data[-1].id)


@router.get("")
def list_(
    model: str,
    services: ServicesDep,
    project: CurrentProject,
    project_id: str | None = None,
    after: str | None = None,
    limit: _Limit = 10,
    order: PermissionOrder = "descending",
) -> PageWithIds[Permission]:
    """List who may use a model besides this project."""
    direction = Order.NEWEST_FIRST if order == "descending" else Order.OLDEST_FIRST
    cursor = Cursor(after=after, limit=limit, order=direction)
    page = permissions.list_permissions(
        services.database, project.id, model, cursor, of_project=project_id
    )
    return page_with_ids(page, permission_object)


@router.delete("/{permission_id}")
def delete(
    model: str, permission_id: str, services: ServicesDep, project: CurrentProject
) -> PermissionDeleted:
    """End a permission: from now on the project is told that there is no such model."""
    permissions.revoke(services.database, project.id, model, permission_id)
    return PermissionDeleted(id=permission_id)
