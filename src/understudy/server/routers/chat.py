"""Chat Completions: one answer of a base or tuned model, whole or streamed."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from understudy.answering.answers import chunks, whole_answer
from understudy.answering.chat_plan import ChatPlan, plan_chat
from understudy.answering.generation import Prompt, generate, make_prompt
from understudy.schemas.chat import CreateChatCompletion
from understudy.server.auth import CurrentProject
from understudy.server.deps import Services, ServicesDep
from understudy.server.json_body import read_json
from understudy.server.streaming import event_stream, unless_disconnected

router = APIRouter(prefix="/chat/completions")

_BODY_BYTES = 2 * 1024 * 1024


@router.post("")
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> Response:
    """Answer a conversation."""
    body = await read_json(request, CreateChatCompletion, limit_bytes=_BODY_BYTES)
    plan, prompt = await run_in_threadpool(_prepare, services, project.id, body)
    pieces = generate(services.engine, plan, prompt, request.state.request_id)
    if plan.is_streamed:
        events = chunks(prompt, pieces, is_usage_sent=plan.is_usage_streamed)
        return await event_stream(request, events)
    answer = await unless_disconnected(request, whole_answer(prompt, plan, pieces))
    return Response(answer.model_dump_json(), media_type="application/json")


def _prepare(
    services: Services, project_id: str, body: CreateChatCompletion
) -> tuple[ChatPlan, Prompt]:
    plan = plan_chat(body)
    model = services.served.find(project_id, plan.model)
    return plan, make_prompt(plan, model)
