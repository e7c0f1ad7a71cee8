"""What goes into a response: the items of its conversation, and how many tokens a prompt has."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.schemas.lists import Cursor, Order, PageWithIds
from understudy.schemas.responses.items import Item
from understudy.schemas.responses.objects import CompactedResponse, InputTokens
from understudy.schemas.responses.request import CompactConversation, InputTokensRequest
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import IMAGES_BYTES, read_json
from understudy.server.http.lists import Limit, page_with_ids
from understudy.server.responses import service
from understudy.server.responses.compacting import compact_conversation
from understudy.server.responses.request import count_tokens
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/responses")

_BODY_BYTES = 2 * 1024 * 1024


@router.get("/{response_id}/input_items")
def list_input_items(
    response_id: str,
    services: ServicesDep,
    project: CurrentProject,
    after: str | None = None,
    limit: Limit = 20,
    order: Order = Order.NEWEST_FIRST,
) -> PageWithIds[Item]:
    """List what a response answered, earlier turns included, the latest first."""
    cursor = Cursor(after=after, limit=limit, order=order)
    page = service.list_input_items(services.database, project.id, response_id, cursor)
    return page_with_ids(page, lambda item: item)


@router.post("/input_tokens")
async def count_input_tokens(
    request: Request, services: ServicesDep, project: CurrentProject
) -> InputTokens:
    """Count the tokens that a prompt has, without answering it."""
    body = await read_json(
        request, InputTokensRequest, limit_bytes=_BODY_BYTES, images_bytes=IMAGES_BYTES
    )
    tokens = await run_in_threadpool(count_tokens, services, project.id, body)
    return InputTokens(input_tokens=tokens)


@router.post("/compact")
async def compact(
    request: Request, services: ServicesDep, project: CurrentProject
) -> CompactedResponse:
    """Replace a conversation by a shorter one, which the model's summary of it begins."""
    body = await read_json(
        request, CompactConversation, limit_bytes=_BODY_BYTES, images_bytes=IMAGES_BYTES
    )
    return await compact_conversation(request, services, project.id, body)
