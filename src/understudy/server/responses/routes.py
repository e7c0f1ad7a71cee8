"""Responses: create, also streamed or in the background; look at, take up, cancel, delete."""

from collections.abc import AsyncGenerator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from understudy.answering.generation import generate
from understudy.answering.responses.background_run import BackgroundRun
from understudy.answering.responses.delivery import response_events, whole_response
from understudy.answering.responses.object import new_response
from understudy.answering.responses.sealed_reasoning import ReasoningSeal
from understudy.answering.responses.stored import cancel_row, fail_orphans
from understudy.answering.responses.writer import ResponseWriter
from understudy.errors import InvalidRequestError
from understudy.schemas.responses.objects import ENDED, ResponseDeleted
from understudy.schemas.responses.request import CreateResponse
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import read_json
from understudy.server.http.streaming import named_event_stream, unless_disconnected
from understudy.server.responses.prompt import prepare
from understudy.server.responses.storing import response_keeper
from understudy.server.services import Services, ServicesDep
from understudy.storage.answers.events import WrittenEvent
from understudy.storage.answers.responses import delete_response, get_response
from understudy.storage.leases import has_expired
from understudy.storage.tables.answers import ResponseRow

router = APIRouter(prefix="/responses")

BODY_BYTES = 2 * 1024 * 1024


@router.post("")
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> Response:
    """Answer a conversation, and store the response unless that is not wanted."""
    body = await read_json(request, CreateResponse, limit_bytes=BODY_BYTES)
    plan, prompt = await run_in_threadpool(prepare, services, project.id, body)
    keeper = response_keeper(request, services, project, body, plan, prompt)
    if plan.is_stored and (plan.is_background or not plan.answer.is_streamed):
        earlier = await run_in_threadpool(keeper.find_earlier)
        if earlier is not None:
            return await _repeated(request, services, earlier, is_streamed=plan.answer.is_streamed)
    request_id: str = request.state.request_id
    status = "queued" if plan.is_background else "in_progress"
    response = new_response(body, plan, prompt.model.name, status)
    seal = ReasoningSeal(services.pepper, project.id) if plan.seals_reasoning else None
    writer = ResponseWriter(response, prompt, is_obfuscated=plan.answer.is_obfuscated, seal=seal)
    if plan.is_background:
        services.background.check_room()
        run = BackgroundRun(writer, plan, prompt, request_id)
        await services.background.start(run, partial(keeper.keep_begun, response))
        if plan.answer.is_streamed:
            return await named_event_stream(request, services.background.events(run.id, -1))
        return _json(response.model_dump_json())
    pieces = generate(services.engine, plan.answer, prompt, request_id)
    if plan.answer.is_streamed:
        return await named_event_stream(request, response_events(writer, pieces, keeper.keep))
    work = whole_response(writer, pieces, keeper.keep)
    return _json((await unless_disconnected(request, work)).model_dump_json())


@router.get("/{response_id}")
async def retrieve(
    response_id: str,
    request: Request,
    services: ServicesDep,
    project: CurrentProject,
    stream: bool = False,
    starting_after: Annotated[int, Query(ge=-1)] = -1,
) -> Response:
    """Show a response, or take up the stream of one that was made in the background."""
    row = await run_in_threadpool(_current, services, project.id, response_id)
    if not stream:
        return JSONResponse(row.body)
    if not (row.is_background and row.is_streamed):
        raise InvalidRequestError(
            "Only a response that was created with 'background': true and 'stream': true can be "
            "streamed again.",
            code="invalid_value",
            param="stream",
        )
    return await named_event_stream(request, services.background.events(row.id, starting_after))


@router.delete("/{response_id}")
def delete(response_id: str, services: ServicesDep, project: CurrentProject) -> ResponseDeleted:
    """Delete a response; those that continue it stay whole."""
    with services.database.write() as session:
        delete_response(session, project.id, response_id)
    services.background.stop_soon(response_id)
    return ResponseDeleted(id=response_id)


@router.post("/{response_id}/cancel")
def cancel(response_id: str, services: ServicesDep, project: CurrentProject) -> Response:
    """Make no more of a background response; one that has ended is shown as it ended.

    The body is not read: clients send none and call it JSON.
    """
    with services.database.write() as session:
        row = get_response(session, project.id, response_id)
        if not row.is_background:
            raise InvalidRequestError(
                "Cannot cancel a synchronous response: only one that was created with "
                "'background': true can be cancelled.",
                code="invalid_value",
                param="response_id",
            )
        if row.status not in ENDED:
            cancel_row(session, row, services.database.now(session))
        body = row.body
    services.background.stop_soon(response_id)
    return JSONResponse(body)


def _current(services: Services, project_id: str, response_id: str) -> ResponseRow:
    """Return a response as it stands; one whose maker is gone has failed."""
    with services.database.read() as session:
        row = get_response(session, project_id, response_id)
        if not has_expired(row, services.database.now(session)):
            return row
    fail_orphans(services.database)
    with services.database.read() as session:
        return get_response(session, project_id, response_id)


async def _repeated(
    request: Request, services: Services, response: dict[str, Any], *, is_streamed: bool
) -> Response:
    if not is_streamed:
        return JSONResponse(response)
    events: AsyncGenerator[WrittenEvent, None] = services.background.events(response["id"], -1)
    return await named_event_stream(request, events)


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
