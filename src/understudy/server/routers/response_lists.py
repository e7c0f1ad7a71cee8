"""Our own list of stored responses, which OpenAI's API lacks: for logs and evals."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from understudy.schemas.lists import PageWithIds
from understudy.schemas.stored_responses import StoredResponse
from understudy.server.auth import CurrentProject
from understudy.server.deps import ServicesDep
from understudy.server.metadata_query import metadata_pairs
from understudy.server.objects import full_model_name, page_with_ids
from understudy.storage.answer_rows import ResponseRow
from understudy.storage.paging import Order
from understudy.storage.responses import list_responses
from understudy.storage.stored_filters import ResponseFilter

router = APIRouter(prefix="/x/responses")


@router.get("")
def list_(
    request: Request,
    services: ServicesDep,
    project: CurrentProject,
    model: str | None = None,
    created_after: int | None = None,
    created_before: int | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=0, le=100)] = 20,
    order: Order = Order.NEWEST_FIRST,
) -> PageWithIds[StoredResponse]:
    """List the project's stored responses, of one model, time or with given metadata."""
    conditions = ResponseFilter(
        model=full_model_name(services.catalogue(), model),
        metadata=metadata_pairs(request.query_params),
        created_after=created_after,
        created_before=created_before,
    )
    with services.database.read() as session:
        page = list_responses(
            session, project.id, conditions, after=after, limit=limit, order=order
        )
    return page_with_ids(page, _object)


def _object(row: ResponseRow) -> StoredResponse:
    return StoredResponse.model_validate({**row.body, "input": row.input})
