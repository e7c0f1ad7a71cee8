"""Our own routes on API keys, below /v1/x/: list them, make one, revoke one."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.errors import InvalidRequestError
from understudy.schemas.admin.keys import (
    ApiKey,
    ApiKeyDeleted,
    ApiKeyList,
    CreateApiKey,
    CreatedApiKey,
)
from understudy.server.http.auth import CurrentKey
from understudy.server.http.json_body import json_body, read_json
from understudy.server.services import Services, ServicesDep
from understudy.storage.keys import create_key, delete_key, find_key, list_keys
from understudy.storage.tables.projects import ApiKeyRow

router = APIRouter(prefix="/x/keys")

_BODY_BYTES = 64 * 1024


@router.get("")
def list_(services: ServicesDep, current: CurrentKey) -> ApiKeyList:
    """List the keys of the project, oldest first."""
    with services.database.read() as session:
        rows = list_keys(session, current.project_id)
    return ApiKeyList(data=[_key_object(row, current) for row in rows])


@router.post("", openapi_extra=json_body(CreateApiKey))
async def create(request: Request, services: ServicesDep, current: CurrentKey) -> CreatedApiKey:
    """Make a key for the project; only this answer ever holds it."""
    body = await read_json(request, CreateApiKey, limit_bytes=_BODY_BYTES)
    row, plaintext = await run_in_threadpool(_create, services, current.project_id, body.name)
    return CreatedApiKey(**_key_object(row, current).model_dump(), key=plaintext)


@router.delete("/{key_id}")
def revoke(key_id: str, services: ServicesDep, current: CurrentKey) -> ApiKeyDeleted:
    """Make a key open nothing from now on."""
    if key_id == current.id:
        raise InvalidRequestError(
            "This is the key that the request was made with; revoke it with another one, so that "
            "nobody locks themselves out.",
            param="key_id",
        )
    with services.database.write() as session:
        delete_key(session, key_id, project_id=current.project_id)
    return ApiKeyDeleted(id=key_id)


def _create(services: Services, project_id: str, name: str) -> tuple[ApiKeyRow, str]:
    with services.database.write() as session:
        plaintext = create_key(session, project_id, name, pepper=services.pepper)
        row = find_key(session, plaintext, pepper=services.pepper)
        assert row is not None
        return row, plaintext


def _key_object(row: ApiKeyRow, current: ApiKeyRow) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        created_at=row.created_at,
        hint=row.hint,
        is_current=row.id == current.id,
    )
