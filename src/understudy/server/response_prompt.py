"""From a Responses request to its plan and prompt, the response that it continues included."""

from typing import NamedTuple

from understudy.answering.continuing import Continued, continued
from understudy.answering.generation import Prompt, make_prompt
from understudy.answering.response_input import input_items
from understudy.answering.response_plan import (
    ResponsePlan,
    chat_plan,
    plan_response,
    refuse_unoffered,
)
from understudy.answering.response_words import told_in_words_of_responses
from understudy.answering.truncation import make_fitting_prompt
from understudy.errors import InvalidRequestError
from understudy.schemas.response_request import CreateResponse, InputTokensRequest
from understudy.server.deps import Services
from understudy.storage.responses import find_response


class Prepared(NamedTuple):
    """A request that can be answered."""

    plan: ResponsePlan
    prompt: Prompt


def prepare(services: Services, project_id: str, body: CreateResponse) -> Prepared:
    """Decide about a request and render its prompt; blocks. Raises InvalidRequestError."""
    with told_in_words_of_responses():
        return _prepare(services, project_id, body)


def _prepare(services: Services, project_id: str, body: CreateResponse) -> Prepared:
    refuse_unoffered(body)
    previous = _previous(services, project_id, body)
    plan = plan_response(body, previous)
    model = services.served.find(project_id, plan.chat.model)
    read = previous.tokens if previous is not None else None
    make = make_fitting_prompt if plan.is_truncated else make_prompt
    return Prepared(plan, make(plan.chat, model, read=read, param="input"))


def count_tokens(services: Services, project_id: str, body: InputTokensRequest) -> int:
    """Return how many tokens a prompt has; blocks. Raises InvalidRequestError."""
    with told_in_words_of_responses():
        return _count_tokens(services, project_id, body)


def _count_tokens(services: Services, project_id: str, body: InputTokensRequest) -> int:
    refuse_unoffered(body)
    previous = _previous(services, project_id, body)
    earlier = previous.items if previous is not None else ()
    plan = chat_plan(body, (*earlier, *input_items(body.input)))
    model = services.served.find(project_id, plan.model)
    read = previous.tokens if previous is not None else None
    return len(make_prompt(plan, model, read=read, param="input").ids)


def _previous(services: Services, project_id: str, body: InputTokensRequest) -> Continued | None:
    if body.previous_response_id is None:
        return None
    with services.database.read() as session:
        row = find_response(session, project_id, body.previous_response_id)
    if row is None:
        raise InvalidRequestError(
            f"Previous response with id '{body.previous_response_id[:200]}' not found.",
            code="previous_response_not_found",
            param="previous_response_id",
        )
    return continued(row)
