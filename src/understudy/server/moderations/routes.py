"""Moderations: each text judged by the configured model, or an error that says why it was not."""

from fastapi import APIRouter, Request, Response

from understudy.answering.moderation.inline import check_model
from understudy.answering.moderation.together import together
from understudy.answering.moderation.wire import moderation_result
from understudy.ids import new_id
from understudy.schemas.moderations import CreateModeration, ModerationAnswer
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import json_answer, json_body, read_json
from understudy.server.http.streaming import unless_disconnected
from understudy.server.moderations.request import inputs_of
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/moderations")

_BODY_BYTES = 8 * 1024 * 1024


@router.post("", response_model=ModerationAnswer, openapi_extra=json_body(CreateModeration))
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> Response:
    """Judge each input."""
    body = await read_json(request, CreateModeration, limit_bytes=_BODY_BYTES)
    inputs = inputs_of(body)
    moderator = services.moderator.required()
    check_model(body.model, moderator.name, "model")
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
