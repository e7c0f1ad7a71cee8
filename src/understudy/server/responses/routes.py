"""Responses: create, also streamed or in the background; look at, take up, cancel, delete."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from understudy.answering.decoding import AnswerEnd
from understudy.answering.generation import Pieces, generate
from understudy.answering.moderation.inline import InlineModerator, inline_moderator
from understudy.answering.moderation.response import moderated_response
from understudy.answering.responses.background_run import BackgroundRun
from understudy.answering.responses.delivery import response_events, whole_response
from understudy.answering.responses.errors import response_name
from understudy.answering.responses.plan import ResponsePlan
from understudy.answering.responses.writer import ResponseWriter
from understudy.errors import InvalidRequestError
from understudy.schemas.base import MAX_WHOLE
from understudy.schemas.moderations import InlineError, InlineResult
from understudy.schemas.responses.objects import ResponseDeleted, ResponseObject
from understudy.schemas.responses.request import CreateResponse
from understudy.server.http.auth import CurrentProject
from understudy.server.http.edge import note_ignored
from understudy.server.http.json_body import IMAGES_BYTES, json_answer, read_json
from understudy.server.http.streaming import named_event_stream, unless_disconnected
from understudy.server.responses import service
from understudy.server.responses.request import begin_response, prepare
from understudy.server.responses.storing import ResponseStore, response_store
from understudy.server.services import Services, ServicesDep
from understudy.server.usage_counting import length_of
from understudy.wording import worded

router = APIRouter(prefix="/responses")

_BODY_BYTES = 2 * 1024 * 1024


@router.post("")
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> Response:
    """Answer a conversation, and store the response unless that is not wanted."""
    body = await read_json(
        request, CreateResponse, limit_bytes=_BODY_BYTES, images_bytes=IMAGES_BYTES
    )
    prepared = await run_in_threadpool(prepare, services, project.id, body)
    plan, prompt, use = prepared
    note_ignored(request, map(response_name, prompt.ignored))
    usage = services.usage_by(request, project.id, prompt.model.name)

    def watch(made: Pieces) -> Pieces:
        counted = usage.counted(made, prompt_tokens=length_of(prompt))
        return services.traffic.watched(use, plan.answer, prompt, counted)

    # It writes the whole request down, with all of its images.
    store = await run_in_threadpool(response_store, request, services, project, body, plan, prompt)
    is_streamed = plan.answer.is_streamed
    if plan.is_stored and (plan.is_background or not is_streamed):
        earlier = await run_in_threadpool(store.find_earlier)
        if earlier is not None:
            if is_streamed:
                return await _stream_again(request, services, earlier["id"])
            return JSONResponse(earlier)
    inline = found = None
    if body.moderation is not None:
        thresholds = services.screening_of(project.name).thresholds
        inline = inline_moderator(body.moderation, services.moderator.required(), thresholds)
        asking = inline.of_input(plan.answer.messages, param="input")
        found = await unless_disconnected(request, asking)
    writer = begin_response(services, project.id, body, prepared)
    request_id: str = request.state.request_id
    if plan.is_background:
        services.background.check_room()
        response = writer.response
        run = BackgroundRun(writer, plan, prompt, request_id, watch)
        await services.background.start(run, partial(store.add_begun, response))
        if is_streamed:
            return await _stream_again(request, services, run.id)
        return json_answer(response)
    pieces = watch(generate(services.engine, plan.answer, prompt, request_id))
    if is_streamed:
        return await named_event_stream(request, response_events(writer, pieces, store.add))
    if inline is not None and found is not None:
        made = _moderated(inline, found, writer, pieces, store, plan)
        return json_answer(await unless_disconnected(request, made))
    return json_answer(
        await unless_disconnected(request, whole_response(writer, pieces, store.add))
    )


@router.get("/{response_id}")
async def retrieve(
    response_id: str,
    request: Request,
    services: ServicesDep,
    project: CurrentProject,
    stream: bool = False,
    starting_after: Annotated[int, Query(ge=-1, le=MAX_WHOLE)] = -1,
) -> Response:
    """Show a response, or take up the stream of one that was made in the background."""
    row = await run_in_threadpool(service.get_response, services.database, project.id, response_id)
    if not stream:
        return JSONResponse(row.body)
    if not (row.is_background and row.is_streamed):
        raise InvalidRequestError(
            worded(
                "chat.only_response_created_background",
                "Only a response that was created with 'background': true and "
                "'stream': true can be streamed again.",
            ),
            code="invalid_value",
            param="stream",
        )
    return await _stream_again(request, services, row.id, after=starting_after)


@router.delete("/{response_id}")
def delete(response_id: str, services: ServicesDep, project: CurrentProject) -> ResponseDeleted:
    """Delete a response; those that continue it stay whole."""
    service.delete_response(services.database, services.background, project.id, response_id)
    return ResponseDeleted(id=response_id)


@router.post("/{response_id}/cancel")
def cancel(response_id: str, services: ServicesDep, project: CurrentProject) -> Response:
    """Make no more of a background response; one that has ended is shown as it ended.

    The body is not read: clients send none and call it JSON.
    """
    row = service.cancel_response(services.database, services.background, project.id, response_id)
    return JSONResponse(row.body)


async def _moderated(
    inline: InlineModerator,
    found: InlineResult | InlineError,
    writer: ResponseWriter,
    pieces: Pieces,
    store: ResponseStore,
    plan: ResponsePlan,
) -> ResponseObject:
    """Return a whole response with its moderation, as which it is also stored."""
    made: list[ResponseObject] = []

    async def add(response: ResponseObject, end: AnswerEnd) -> None:
        made.append(await moderated_response(inline, plan.answer.messages, found, response))
        await store.add(made[0], end)

    await whole_response(writer, pieces, add)
    return made[0]


async def _stream_again(
    request: Request, services: Services, response_id: str, *, after: int = -1
) -> Response:
    """Send the events of a background response that follow one of a number."""
    return await named_event_stream(request, services.background.events(response_id, after))
