"""Our own routes on API keys, below /v1/x/: list them, make one, revoke one."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.schemas.admin.keys import (
    ApiKeyDeleted,
    ApiKeyList,
    CreateApiKey,
    CreatedApiKey,
)
from understudy.server.admin import service
from understudy.server.admin.objects import key_object
from understudy.server.http.auth import CurrentKey
from understudy.server.http.json_body import json_body, read_json
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/keys")

_BODY_BYTES = 64 * 1024


@router.get("")
def list_(services: ServicesDep, current: CurrentKey) -> ApiKeyList:
    """List the keys of the project, oldest first."""
    rows = service.list_keys(services.database, current.project_id)
    return ApiKeyList(data=[key_object(row, current) for row in rows])


@router.post("", openapi_extra=json_body(CreateApiKey))
async def create(request: Request, services: ServicesDep, current: CurrentKey) -> CreatedApiKey:
    """Make a key for the project; only this answer ever holds it."""
    body = await read_json(request, CreateApiKey, limit_bytes=_BODY_BYTES)
    created = await run_in_threadpool(
        service.create_key, services.database, current.project_id, body.name, services.pepper
    )
    shown = key_object(created.row, current)
    return CreatedApiKey(**shown.model_dump(), key=created.plaintext)


@router.delete("/{key_id}")
def revoke(key_id: str, services: ServicesDep, current: CurrentKey) -> ApiKeyDeleted:
    """Make a key open nothing from now on."""
    service.revoke_key(services.database, key_id, current)
    return ApiKeyDeleted(id=key_id)
