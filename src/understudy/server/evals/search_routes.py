"""Our own route below /v1/x/ that searches a project's evals."""

from typing import Annotated

from fastapi import APIRouter, Query

from understudy.evals import service
from understudy.schemas.evals.evals import Eval
from understudy.schemas.lists import Cursor, PageWithIds
from understudy.server.evals.objects import eval_object
from understudy.server.http.auth import CurrentProject
from understudy.server.http.lists import Limit, page_with_ids
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/evals")


@router.get("")
def search(
    services: ServicesDep,
    project: CurrentProject,
    q: Annotated[str, Query(max_length=512)] = "",
    after: str | None = None,
    limit: Limit = 20,
) -> PageWithIds[Eval]:
    """List the evals whose name or id holds a text, newest first."""
    cursor = Cursor(after=after, limit=limit)
    page = service.search_evals(services.database, project.id, text=q.strip(), cursor=cursor)
    return page_with_ids(page, eval_object)
