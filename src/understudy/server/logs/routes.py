"""Our own lists of stored answers, below /v1/x/: by date, which OpenAI's API lacks, for logs."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from understudy.schemas.chat.stored import StoredChatCompletion
from understudy.schemas.lists import Order, PageWithIds
from understudy.schemas.responses.stored import StoredResponse
from understudy.server.http.auth import CurrentProject
from understudy.server.http.lists import page_with_ids
from understudy.server.http.metadata_query import metadata_pairs
from understudy.server.logs.objects import stored_completion, stored_response
from understudy.server.services import ServicesDep
from understudy.storage.answers.chat import list_completions
from understudy.storage.answers.filters import ResponseFilter, StoredFilter
from understudy.storage.answers.responses import list_responses

router = APIRouter(prefix="/x")


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Which answers are asked for, as the query says it."""

    model: str | None = None
    created_after: int | None = None
    created_before: int | None = None


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Which page of them."""

    after: str | None = None
    limit: Annotated[int, Query(ge=0, le=100)] = 20
    order: Order = Order.NEWEST_FIRST


ConditionsDep = Annotated[Conditions, Depends()]
CursorDep = Annotated[Cursor, Depends()]


@router.get("/chat/completions")
def completions(
    request: Request,
    services: ServicesDep,
    project: CurrentProject,
    asked: ConditionsDep,
    cursor: CursorDep,
) -> PageWithIds[StoredChatCompletion]:
    """List the project's stored chat completions, of one model, time or with given metadata."""
    conditions = StoredFilter(
        model=services.catalogue().full_name(asked.model),
        metadata=metadata_pairs(request.query_params),
        created_after=asked.created_after,
        created_before=asked.created_before,
    )
    with services.database.read() as session:
        page = list_completions(
            session,
            project.id,
            conditions,
            after=cursor.after,
            limit=cursor.limit,
            order=cursor.order,
        )
    return page_with_ids(page, stored_completion)


@router.get("/responses")
def responses(
    request: Request,
    services: ServicesDep,
    project: CurrentProject,
    asked: ConditionsDep,
    cursor: CursorDep,
) -> PageWithIds[StoredResponse]:
    """List the project's stored responses, of one model, time or with given metadata."""
    conditions = ResponseFilter(
        model=services.catalogue().full_name(asked.model),
        metadata=metadata_pairs(request.query_params),
        created_after=asked.created_after,
        created_before=asked.created_before,
    )
    with services.database.read() as session:
        page = list_responses(
            session,
            project.id,
            conditions,
            after=cursor.after,
            limit=cursor.limit,
            order=cursor.order,
        )
    return page_with_ids(page, stored_response)
