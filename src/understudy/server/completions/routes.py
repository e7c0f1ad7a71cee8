"""Completions: text that a model continues, whole or streamed."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from understudy.answering.completions.generation import generate_text
from understudy.answering.completions.plan import TextPlan, plan_text
from understudy.answering.completions.writer import TextDraft, text_chunks, whole_text
from understudy.answering.required import required
from understudy.schemas.completions import CreateCompletion
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import json_answer, read_json
from understudy.server.http.streaming import event_stream, unless_disconnected
from understudy.server.services import Services, ServicesDep

router = APIRouter(prefix="/completions")

_BODY_BYTES = 2 * 1024 * 1024


@router.post("")
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> Response:
    """Go on with prompts."""
    body = await read_json(request, CreateCompletion, limit_bytes=_BODY_BYTES)
    plan = await run_in_threadpool(_prepare, services, project.id, body)
    services.traffic.count(
        await run_in_threadpool(services.traffic.find, project.id, body.model or "")
    )
    pieces = services.usage_by(request, project.id, plan.model.name).counted(
        generate_text(services.engine, plan, request.state.request_id),
        prompt_tokens=sum(len(prompt.ids) for prompt in plan.prompts),
    )
    draft = TextDraft(plan)
    if plan.is_streamed:
        return await event_stream(request, text_chunks(draft, plan, pieces))
    answer = await unless_disconnected(request, whole_text(draft, pieces))
    return json_answer(answer)


def _prepare(services: Services, project_id: str, body: CreateCompletion) -> TextPlan:
    model = services.served.find_own(
        project_id,
        required(body.model, "model"),
        why=", and only its chat completions can be asked for",
    )
    plan = plan_text(body, model)
    services.served.note_use(project_id, model)
    return plan
