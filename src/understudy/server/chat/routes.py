"""Chat Completions: one answer of any model, whole or streamed, stored if wanted."""

from functools import partial

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from understudy.answering.chat.writer import ChatDraft, chunks, whole_completion
from understudy.answering.generation import generate
from understudy.answering.moderation.chat import moderated_chunks, moderated_completion
from understudy.answering.moderation.inline import InlineModerator, inline_moderator
from understudy.answering.plan import AnswerPlan, plan_chat
from understudy.answering.prompt import AnyPrompt, make_any_prompt
from understudy.distilling.shadow.pair import NamedUse
from understudy.errors import InvalidRequestError
from understudy.schemas.chat.request import CreateChatCompletion
from understudy.server.chat.storing import completion_store
from understudy.server.http.auth import CurrentProject
from understudy.server.http.edge import note_ignored
from understudy.server.http.json_body import IMAGES_BYTES, json_answer, read_json
from understudy.server.http.streaming import event_stream, unless_disconnected
from understudy.server.services import Services, ServicesDep
from understudy.server.usage_counting import length_of
from understudy.wording import worded

router = APIRouter(prefix="/chat/completions")

_BODY_BYTES = 2 * 1024 * 1024


@router.post("")
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> Response:
    """Answer a conversation."""
    body = await read_json(
        request, CreateChatCompletion, limit_bytes=_BODY_BYTES, images_bytes=IMAGES_BYTES
    )
    plan, prompt, use = await run_in_threadpool(_prepare, services, project.id, body)
    note_ignored(request, prompt.ignored)
    # It writes the whole request down, with all of its images.
    store = await run_in_threadpool(completion_store, request, services, project, body)
    if store is not None and not plan.is_streamed:
        earlier = await run_in_threadpool(store.find_earlier)
        if earlier is not None:
            return JSONResponse(earlier)
    inline = _moderation(services, project.name, body)
    found = None
    if inline is not None:
        asking = inline.of_input(plan.messages, param="messages")
        found = await unless_disconnected(request, asking)
    draft = ChatDraft(prompt, plan)
    made = services.usage_by(request, project.id, prompt.model.name).counted(
        generate(services.engine, plan, prompt, request.state.request_id),
        prompt_tokens=length_of(prompt),
    )
    pieces = services.traffic.watched(use, plan, prompt, made)
    if plan.is_streamed:
        events = chunks(
            draft,
            pieces,
            is_usage_sent=plan.is_usage_streamed,
            on_whole=None if store is None else partial(store.add, draft),
        )
        if inline is not None and found is not None:
            events = moderated_chunks(inline, found, draft, events)
        return await event_stream(request, events)
    answer = await unless_disconnected(request, whole_completion(draft, pieces))
    if inline is not None and found is not None:
        judging = moderated_completion(inline, plan.messages, found, answer)
        answer = await unless_disconnected(request, judging)
    if store is not None:
        await store.add(draft, answer)
    return json_answer(answer)


def _moderation(
    services: Services, project_name: str, body: CreateChatCompletion
) -> InlineModerator | None:
    """Return the moderation that the request asks for; raises where it cannot be followed."""
    if body.moderation is None:
        return None
    thresholds = services.screening_of(project_name).thresholds
    inline = inline_moderator(body.moderation, services.moderator.required(), thresholds)
    if inline.blocks_output and body.stream:
        raise InvalidRequestError(
            worded(
                "chat.unsupported_value_moderation_policy",
                "Unsupported value: 'moderation.policy.output' cannot block an "
                "answer that is streamed, as its words are sent before it is judged; "
                "leave out 'stream', or send the mode \"score\".",
            ),
            code="unsupported_value",
            param="moderation.policy.output",
        )
    return inline


def _prepare(
    services: Services, project_id: str, body: CreateChatCompletion
) -> tuple[AnswerPlan, AnyPrompt, NamedUse | None]:
    plan = plan_chat(body, services.shown_images(project_id, body.model))
    use = services.traffic.find(project_id, plan.model)
    model = services.served.find(project_id, plan.model)
    prompt = make_any_prompt(plan, model)
    services.served.note_use(project_id, model)
    return plan, prompt, use
