"""Decisions: questions with fixed answers about one input, each answer with its probability."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from understudy.answering.decisions.asking import AskedQuestion, ask_question
from understudy.answering.decisions.deciding import decide
from understudy.answering.decisions.plan import plan_decision
from understudy.answering.models import ServedModel
from understudy.answering.required import required
from understudy.schemas.decisions import CreateDecision, Decision
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import IMAGES_BYTES, json_answer, json_body, read_json
from understudy.server.http.streaming import unless_disconnected
from understudy.server.services import Services, ServicesDep

router = APIRouter(prefix="/decisions")

_BODY_BYTES = 2 * 1024 * 1024


@router.post("", response_model=Decision, openapi_extra=json_body(CreateDecision))
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> Response:
    """Answer questions about an input, each by one of its options. Experimental."""
    body = await read_json(
        request, CreateDecision, limit_bytes=_BODY_BYTES, images_bytes=IMAGES_BYTES
    )
    model, asked = await run_in_threadpool(_prepare, services, project.id, body)
    services.traffic.count(
        await run_in_threadpool(services.traffic.find, project.id, body.model or "")
    )
    made = await unless_disconnected(
        request, decide(services.engine, model, asked, request.state.request_id)
    )
    usage = services.usage_by(request, project.id, model.name)
    usage.add(prompt_tokens=made.usage.total_tokens)
    return json_answer(made)


def _prepare(
    services: Services, project_id: str, body: CreateDecision
) -> tuple[ServedModel, list[AskedQuestion]]:
    model = services.served.find_own(
        project_id,
        required(body.model, "model"),
        why=", and options are scored on models of this server only",
    )
    plan = plan_decision(body, services.shown_images(project_id, body.model))
    services.served.note_use(project_id, model)
    return model, [ask_question(model, plan.messages, each) for each in plan.questions]
