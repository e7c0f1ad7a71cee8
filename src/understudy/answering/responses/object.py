"""A response as it stands when it begins, and how it ends."""

from collections.abc import Sequence
from typing import Literal

from understudy.answering.decoding import AnswerEnd
from understudy.answering.prompt import AnyPrompt, Prompt
from understudy.answering.responses.plan import ResponsePlan
from understudy.answering.responses.tools import response_text, response_tool_choice, response_tools
from understudy.answering.usage import AnswerUsage
from understudy.errors import OverloadedError, UnderstudyError
from understudy.ids import hex_id, unix_now
from understudy.registry.aliases import EFFORT
from understudy.schemas.responses.items import OutputItem
from understudy.schemas.responses.objects import (
    IncompleteDetails,
    InputTokensDetails,
    OutputTokensDetails,
    ReasoningSettings,
    ResponseError,
    ResponseObject,
    ResponseUsage,
)
from understudy.schemas.responses.request import CreateResponse


def new_response(
    request: CreateResponse,
    plan: ResponsePlan,
    prompt: AnyPrompt,
    status: Literal["queued", "in_progress"],
) -> ResponseObject:
    """Return the response to a request as it begins, under a new id.

    It shows the effort that is made: none where the model's alias has what was asked for ignored.
    """
    answer, reasoning = plan.answer, request.reasoning
    effort = None if EFFORT in prompt.ignored else answer.effort
    return ResponseObject(
        id=hex_id("resp_"),
        created_at=unix_now(),
        status=status,
        background=plan.is_background,
        instructions=request.instructions,
        max_output_tokens=request.max_output_tokens,
        max_tool_calls=request.max_tool_calls,
        model=prompt.model.name,
        parallel_tool_calls=request.parallel_tool_calls is not False,
        previous_response_id=request.previous_response_id,
        prompt_cache_key=request.prompt_cache_key,
        reasoning=ReasoningSettings(effort=effort, summary=reasoning and reasoning.summary),
        safety_identifier=request.safety_identifier,
        store=plan.is_stored,
        temperature=answer.temperature,
        text=response_text(request.text and request.text.format),
        tool_choice=response_tool_choice(request),
        tools=response_tools(request),
        top_logprobs=request.top_logprobs or 0,
        top_p=1.0 if request.top_p is None else request.top_p,
        frequency_penalty=answer.frequency_penalty,
        presence_penalty=answer.presence_penalty,
        truncation="auto" if plan.is_truncated else "disabled",
        user=request.user,
        metadata=request.metadata or {},
    )


def ended(
    response: ResponseObject, output: Sequence[OutputItem], end: AnswerEnd, prompt: AnyPrompt
) -> ResponseObject:
    """Return a response with its whole output."""
    is_filtered = end.finish_reason == "content_filter"
    is_cut = is_filtered or end.finish_reason == "length"
    used = _used(end, prompt)
    reason = "content_filter" if is_filtered else "max_output_tokens"
    return response.model_copy(
        update={
            "status": "incomplete" if is_cut else "completed",
            "completed_at": None if is_cut else unix_now(),
            "incomplete_details": IncompleteDetails(reason=reason) if is_cut else None,
            "output": list(output),
            "usage": None if used is None else usage_object(used),
        }
    )


def _used(end: AnswerEnd, prompt: AnyPrompt) -> AnswerUsage | None:
    """Return what the answer cost; None where a remote server did not say."""
    used = end.reported
    if isinstance(prompt, Prompt):
        used = AnswerUsage(
            prompt_tokens=len(prompt.ids),
            completion_tokens=len(end.ids),
            cached_tokens=end.cached_tokens,
            reasoning_tokens=end.reasoning_tokens,
        )
    return used


def usage_object(used: AnswerUsage) -> ResponseUsage:
    """Write what an answer cost."""
    return ResponseUsage(
        input_tokens=used.prompt_tokens,
        input_tokens_details=InputTokensDetails(cached_tokens=used.cached_tokens),
        output_tokens=used.completion_tokens,
        output_tokens_details=OutputTokensDetails(reasoning_tokens=used.reasoning_tokens),
        total_tokens=used.total_tokens,
    )


def failed(response: ResponseObject, error: UnderstudyError) -> ResponseObject:
    """Return a response that ends with an error."""
    is_overload = isinstance(error, OverloadedError)
    shown = ResponseError(
        code="rate_limit_exceeded" if is_overload else "server_error", message=error.message
    )
    return response.model_copy(update={"status": "failed", "error": shown})
