"""Moderations: each text judged by the configured model, or an error that says why it was not."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from understudy.answering.moderation.inline import check_model
from understudy.answering.moderation.together import together
from understudy.answering.moderation.wire import moderation_result
from understudy.errors import InvalidRequestError
from understudy.ids import new_id
from understudy.schemas.moderations import CreateModeration, ModerationAnswer
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import IMAGES_BYTES, json_answer, json_body, read_json
from understudy.server.http.streaming import unless_disconnected
from understudy.server.moderations.request import first_image, inputs_of
from understudy.server.services import ServicesDep
from understudy.wording import worded

router = APIRouter(prefix="/moderations")

_BODY_BYTES = 8 * 1024 * 1024


@router.post("", response_model=ModerationAnswer, openapi_extra=json_body(CreateModeration))
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> Response:
    """Judge each input."""
    body = await read_json(
        request, CreateModeration, limit_bytes=_BODY_BYTES, images_bytes=IMAGES_BYTES
    )
    moderator = services.moderator.required()
    check_model(body.model, moderator.name, "model")
    place = first_image(body)
    if place is not None and not await moderator.reads_images():
        raise InvalidRequestError(
            worded(
                "chat.image_moderation_model_server",
                "'{place}' is an image, and {name}, the moderation model of this "
                "server, reads no images; it was not judged. Send the text parts "
                "alone.",
                place=place,
                name=moderator.name,
            ),
            code="unsupported_input",
            param=place,
        )
    shown = services.shown_images(project.id, None)
    inputs = await run_in_threadpool(inputs_of, body, shown)
    thresholds = services.screening_of(project.name).thresholds
    judged = await unless_disconnected(
        request, together(moderator.judge([message]) for message in inputs)
    )
    return json_answer(
        ModerationAnswer(
            id=new_id("modr-"),
            model=moderator.name,
            results=[moderation_result(judgement, thresholds) for judgement in judged],
        )
    )
