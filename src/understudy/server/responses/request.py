"""Validated Responses request: its plan, its prompt, and the response that it begins."""

from collections.abc import Mapping
from typing import NamedTuple

from understudy.answering.prompt import AnyPrompt, make_any_prompt, make_prompt
from understudy.answering.remote.model import RemoteModel
from understudy.answering.responses.continuing import Continued, continued
from understudy.answering.responses.errors import with_response_names
from understudy.answering.responses.input import InputContext, input_items
from understudy.answering.responses.object import new_response
from understudy.answering.responses.plan import (
    ResponsePlan,
    answer_plan,
    plan_response,
    refuse_unoffered,
)
from understudy.answering.responses.references import referenced_ids
from understudy.answering.responses.sealed_reasoning import ReasoningSeal
from understudy.answering.responses.truncation import make_fitting_prompt
from understudy.answering.responses.writer import ResponseWriter
from understudy.data.images.sources import ImageSource
from understudy.distilling.shadow.pair import NamedUse
from understudy.errors import InvalidRequestError
from understudy.schemas.responses.items import ITEMS, Item
from understudy.schemas.responses.request import (
    ConversationRequest,
    CreateResponse,
    InputTokensRequest,
)
from understudy.server.services import Services
from understudy.storage.answers.items import find_items
from understudy.storage.answers.responses import find_response
from understudy.wording import worded


class Prepared(NamedTuple):
    """A request that can be answered."""

    plan: ResponsePlan
    prompt: AnyPrompt
    use: NamedUse | None
    """Of the alias that was asked for, if it was one."""


@with_response_names()
def prepare(services: Services, project_id: str, body: CreateResponse) -> Prepared:
    """Decide about a request and render its prompt; blocks. Raises InvalidRequestError."""
    refuse_unoffered(body)
    previous = _previous(services, project_id, body)
    images = services.shown_images(project_id, body.model)
    new_items = _new_items(services, project_id, body, images)
    plan = plan_response(body, new_items, previous, images)
    use = services.traffic.find(project_id, plan.answer.model)
    model = services.served.find(project_id, plan.answer.model)
    services.served.note_use(project_id, model)
    history = previous.tokens if previous is not None else None
    if not plan.is_truncated:
        made = make_any_prompt(plan.answer, model, history=history, param="input")
        return Prepared(plan, made, use)
    if isinstance(model, RemoteModel):
        raise InvalidRequestError(
            worded(
                "chat.does_not_say_how",
                "{words} does not say how many tokens a conversation has, so nothing "
                "can be left out of it; leave 'truncation' out.",
                words=model.endpoint.words,
            ),
            code="unsupported_value",
            param="truncation",
        )
    fitting = make_fitting_prompt(plan.answer, model, history=history, param="input")
    return Prepared(plan, fitting, use)


def begin_response(
    services: Services, project_id: str, body: CreateResponse, prepared: Prepared
) -> ResponseWriter:
    """Return the writer of a response that has just begun, under a new id."""
    plan, prompt, _ = prepared
    status = "queued" if plan.is_background else "in_progress"
    return ResponseWriter(
        new_response(body, plan, prompt, status),
        prompt,
        is_obfuscated=plan.answer.is_obfuscated,
        seal=ReasoningSeal(services.pepper, project_id) if plan.seals_reasoning else None,
    )


@with_response_names()
def count_tokens(services: Services, project_id: str, body: InputTokensRequest) -> int:
    """Return how many tokens a prompt has; blocks. Raises InvalidRequestError."""
    refuse_unoffered(body)
    previous = _previous(services, project_id, body)
    images = services.shown_images(project_id, body.model)
    items = _items(services, project_id, body, previous, images)
    plan = answer_plan(body, items, images)
    model = services.served.find_own(
        project_id, plan.model, why=", so its tokens are not known here"
    )
    history = previous.tokens if previous is not None else None
    return len(make_prompt(plan, model, history=history, param="input").ids)


def conversation_items(
    services: Services, project_id: str, body: ConversationRequest, images: ImageSource
) -> tuple[Item, ...]:
    """Return the items of a whole conversation; blocks. Raises InvalidRequestError."""
    previous = _previous(services, project_id, body)
    return _items(services, project_id, body, previous, images)


def _items(
    services: Services,
    project_id: str,
    body: ConversationRequest,
    previous: Continued | None,
    images: ImageSource,
) -> tuple[Item, ...]:
    earlier = previous.items if previous is not None else ()
    return (*earlier, *_new_items(services, project_id, body, images))


def _new_items(
    services: Services, project_id: str, body: ConversationRequest, images: ImageSource
) -> tuple[Item, ...]:
    stored: Mapping[str, Item] = {}
    if ids := referenced_ids(body.input):
        with services.database.read() as session:
            stored = {
                item.id: item
                for item in ITEMS.validate_python(find_items(session, project_id, ids))
            }
    seal = ReasoningSeal(services.pepper, project_id)
    return input_items(body.input, InputContext(stored=stored, seal=seal, images=images))


def _previous(services: Services, project_id: str, body: ConversationRequest) -> Continued | None:
    if body.previous_response_id is None:
        return None
    with services.database.read() as session:
        row = find_response(session, project_id, body.previous_response_id)
    if row is None:
        raise InvalidRequestError(
            worded(
                "chat.previous_response_id_not",
                "Previous response with id '{previous_response_id}' not found.",
                previous_response_id=body.previous_response_id[:200],
            ),
            code="previous_response_not_found",
            param="previous_response_id",
        )
    return continued(row)
