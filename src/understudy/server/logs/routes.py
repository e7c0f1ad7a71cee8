"""Our own lists of stored answers, below /v1/x/: by date, which OpenAI's API lacks, for logs."""

from fastapi import APIRouter

from understudy.schemas.chat.stored import StoredChatCompletion
from understudy.schemas.lists import PageWithIds
from understudy.schemas.responses.stored import StoredResponse
from understudy.server.http.auth import CurrentProject
from understudy.server.http.lists import page_with_ids
from understudy.server.logs import service
from understudy.server.logs.objects import logged_completion, stored_response
from understudy.server.logs.request import ConditionsDep, NewestFirstDep
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x")


@router.get("/chat/completions")
def completions(
    services: ServicesDep, project: CurrentProject, asked: ConditionsDep, cursor: NewestFirstDep
) -> PageWithIds[StoredChatCompletion]:
    """List the project's stored chat completions, by model, time, metadata or a text."""
    page = service.list_completions(services.database, project.id, asked, cursor)
    return page_with_ids(page, logged_completion)


@router.get("/responses")
def responses(
    services: ServicesDep, project: CurrentProject, asked: ConditionsDep, cursor: NewestFirstDep
) -> PageWithIds[StoredResponse]:
    """List the project's stored responses, by model, time, metadata or a text."""
    page = service.list_responses(services.database, project.id, asked, cursor)
    return page_with_ids(page, stored_response)
