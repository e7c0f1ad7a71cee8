"""Stored chat completions: list, look at, change their metadata, delete."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from understudy.schemas.chat.stored import (
    StoredChatCompletion,
    StoredChatCompletionDeleted,
    StoredMessage,
    UpdateStoredChatCompletion,
)
from understudy.schemas.lists import Order, PageWithIds
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import read_json
from understudy.server.http.lists import page_with_ids
from understudy.server.http.metadata_query import metadata_pairs
from understudy.server.logs.objects import stored_completion
from understudy.server.services import ServicesDep
from understudy.storage.answers.chat import (
    delete_completion,
    get_completion,
    list_completions,
    replace_completion_metadata,
)
from understudy.storage.answers.filters import StoredFilter
from understudy.storage.paging import page_of
from understudy.storage.tables.answers import CompletionRow

router = APIRouter(prefix="/chat/completions")

_BODY_BYTES = 64 * 1024
Limit = Annotated[int, Query(ge=0, le=100)]


@router.get("")
def list_(
    request: Request,
    services: ServicesDep,
    project: CurrentProject,
    model: str | None = None,
    after: str | None = None,
    limit: Limit = 20,
    order: Order = Order.OLDEST_FIRST,
) -> PageWithIds[StoredChatCompletion]:
    """List the project's stored completions, of one model or with given metadata."""
    conditions = StoredFilter(
        model=services.catalogue().full_name(model),
        metadata=metadata_pairs(request.query_params),
    )
    with services.database.read() as session:
        page = list_completions(
            session, project.id, conditions, after=after, limit=limit, order=order
        )
    return page_with_ids(page, stored_completion)


@router.get("/{completion_id}")
def retrieve(
    completion_id: str, services: ServicesDep, project: CurrentProject
) -> StoredChatCompletion:
    """Show a stored completion."""
    with services.database.read() as session:
        return stored_completion(get_completion(session, project.id, completion_id))


@router.post("/{completion_id}")
async def update(
    completion_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> StoredChatCompletion:
    """Give a stored completion other metadata."""
    body = await read_json(request, UpdateStoredChatCompletion, limit_bytes=_BODY_BYTES)

    def write() -> CompletionRow:
        with services.database.write() as session:
            return replace_completion_metadata(
                session, project.id, completion_id, body.metadata or {}
            )

    return stored_completion(await run_in_threadpool(write))


@router.delete("/{completion_id}")
def delete(
    completion_id: str, services: ServicesDep, project: CurrentProject
) -> StoredChatCompletionDeleted:
    """Delete a stored completion."""
    with services.database.write() as session:
        delete_completion(session, project.id, completion_id)
    return StoredChatCompletionDeleted(id=completion_id)


@router.get("/{completion_id}/messages")
def list_messages(
    completion_id: str,
    services: ServicesDep,
    project: CurrentProject,
    after: str | None = None,
    limit: Limit = 20,
    order: Order = Order.OLDEST_FIRST,
) -> PageWithIds[StoredMessage]:
    """List the messages that a stored completion answered."""
    with services.database.read() as session:
        row = get_completion(session, project.id, completion_id)
    messages = [_message(f"{row.id}-{i}", message) for i, message in enumerate(row.messages)]
    page = page_of(messages, lambda message: message.id, after=after, limit=limit, order=order)
    return page_with_ids(page, lambda message: message)


def _message(id: str, message: dict[str, Any]) -> StoredMessage:
    content = message.get("content")
    parts = content if isinstance(content, list) else None
    if parts is not None:
        content = "".join(part.get("text") or part.get("refusal") or "" for part in parts)
    told = {"id": id, "content": content, "name": message.get("name"), "content_parts": parts}
    return StoredMessage.model_validate(message | told)
