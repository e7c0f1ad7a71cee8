"""Stored chat completions: list, look at, change their metadata, delete."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.schemas.chat.stored import (
    StoredChatCompletion,
    StoredChatCompletionDeleted,
    StoredMessage,
    UpdateStoredChatCompletion,
)
from understudy.schemas.lists import PageWithIds
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import read_json
from understudy.server.http.lists import page_with_ids
from understudy.server.logs import service
from understudy.server.logs.objects import stored_completion
from understudy.server.logs.request import OldestFirstDep, conditions
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/chat/completions")

_BODY_BYTES = 64 * 1024


@router.get("")
def list_(
    request: Request,
    services: ServicesDep,
    project: CurrentProject,
    cursor: OldestFirstDep,
    model: str | None = None,
) -> PageWithIds[StoredChatCompletion]:
    """List the project's stored completions, of one model or with given metadata."""
    asked = conditions(request, services, model)
    page = service.list_completions(services.database, project.id, asked, cursor)
    return page_with_ids(page, stored_completion)


@router.get("/{completion_id}")
def retrieve(
    completion_id: str, services: ServicesDep, project: CurrentProject
) -> StoredChatCompletion:
    """Show a stored completion."""
    return stored_completion(service.get_completion(services.database, project.id, completion_id))


@router.post("/{completion_id}")
async def update(
    completion_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> StoredChatCompletion:
    """Give a stored completion other metadata."""
    body = await read_json(request, UpdateStoredChatCompletion, limit_bytes=_BODY_BYTES)
    row = await run_in_threadpool(
        service.replace_metadata,
        services.database,
        project.id,
        completion_id,
        body.metadata or {},
    )
    return stored_completion(row)


@router.delete("/{completion_id}")
def delete(
    completion_id: str, services: ServicesDep, project: CurrentProject
) -> StoredChatCompletionDeleted:
    """Delete a stored completion."""
    service.delete_completion(services.database, project.id, completion_id)
    return StoredChatCompletionDeleted(id=completion_id)


@router.get("/{completion_id}/messages")
def list_messages(
    completion_id: str, services: ServicesDep, project: CurrentProject, cursor: OldestFirstDep
) -> PageWithIds[StoredMessage]:
    """List the messages that a stored completion answered."""
    page = service.list_messages(services.database, project.id, completion_id, cursor)
    return page_with_ids(page, lambda message: message)
