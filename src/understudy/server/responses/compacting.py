"""A compacted conversation: the model is asked for a summary of it, which is not stored."""

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from understudy.answering.answer import AnswerDraft, whole_answer
from understudy.answering.generation import generate
from understudy.answering.prompt import make_any_prompt
from understudy.answering.required import required
from understudy.answering.responses.compaction import (
    compacted_items,
    compaction_parts,
    summary_plan,
)
from understudy.answering.responses.errors import with_response_names
from understudy.answering.responses.object import usage_object
from understudy.answering.responses.sealed_reasoning import ReasoningSeal
from understudy.answering.usage import AnswerUsage
from understudy.ids import hex_id, unix_now
from understudy.schemas.responses.items import Item
from understudy.schemas.responses.objects import CompactedResponse
from understudy.schemas.responses.request import CompactConversation
from understudy.server.http.streaming import unless_disconnected
from understudy.server.responses.request import conversation_items
from understudy.server.services import Services

_NOTHING = AnswerUsage(prompt_tokens=0, completion_tokens=0, cached_tokens=0, reasoning_tokens=0)


async def compact_conversation(
    request: Request, services: Services, project_id: str, body: CompactConversation
) -> CompactedResponse:
    """Return a conversation with a summary in place of what was said up to the last answer.

    Raises an UnderstudyError for what cannot be asked or summarised.
    """
    name = required(body.model, "model")
    model = await run_in_threadpool(services.served.find, project_id, name)
    images = services.shown_images(project_id, name)
    items = await run_in_threadpool(conversation_items, services, project_id, body, images)
    parts = compaction_parts(required(items or None, "input"))
    if not parts.summarised:
        return _response(items, _NOTHING)
    with with_response_names():
        plan = await run_in_threadpool(summary_plan, parts, name, model, body.instructions, images)
        prompt = await run_in_threadpool(make_any_prompt, plan, model, param="input")
        pieces = generate(services.engine, plan, prompt, request.state.request_id)
        summarising = whole_answer(AnswerDraft(plan, prompt), pieces)
        answer = await unless_disconnected(request, summarising)
    seal = ReasoningSeal(services.pepper, project_id)
    return _response(compacted_items(parts, answer, seal), answer.usage)


def _response(items: tuple[Item, ...], used: AnswerUsage | None) -> CompactedResponse:
    return CompactedResponse(
        id=hex_id("resp_"),
        created_at=unix_now(),
        output=items,
        usage=None if used is None else usage_object(used),
    )
