"""Validated Responses request, defaults applied."""

from dataclasses import dataclass

from understudy.answering.plan import AnswerPlan, check_stream_options, top_p_of
from understudy.answering.required import required
from understudy.answering.responses.continuing import Continued
from understudy.answering.responses.conversation import conversation_of
from understudy.answering.responses.tools import offered_response_tools, response_text_form
from understudy.answering.schema_check import check_schemas
from understudy.answering.shown_images import NOT_HERE
from understudy.data.images.sources import ImageSource
from understudy.errors import InvalidRequestError
from understudy.schemas.responses.items import Item
from understudy.schemas.responses.request import (
    CreateResponse,
    InputTokensRequest,
    RequestedReasoning,
)
from understudy.wording import worded

_LOGPROBS = "message.output_text.logprobs"
_SEALED_REASONING = "reasoning.encrypted_content"
_NOT_OFFERED = {
    "conversation": "send the earlier items again, or use 'previous_response_id'",
    "prompt": "send its text as 'instructions' and 'input'",
    "context_management": "leave it out",
}


@dataclass(frozen=True, kw_only=True)
class ResponsePlan:
    """A Responses request: how it is answered, and what becomes of the answer."""

    answer: AnswerPlan
    items: tuple[Item, ...]
    """The whole conversation before the answer, without the instructions."""
    new_items: tuple[Item, ...]
    """Those of them that came with the request."""
    previous: Continued | None
    is_truncated: bool
    """Whether the oldest turns are left out when the conversation does not fit."""
    is_stored: bool
    is_background: bool
    seals_reasoning: bool
    """Whether reasoning is also sent sealed, for a client that keeps the conversation itself."""


def plan_response(
    request: CreateResponse,
    new_items: tuple[Item, ...],
    previous: Continued | None,
    images: ImageSource = NOT_HERE,
) -> ResponsePlan:
    """Validate a request that continues `previous`, and has nothing that is not offered; blocks.

    Raises InvalidRequestError for what cannot be followed.
    """
    _check_logprobs(request)
    is_stored = request.store is not False
    if request.background and not is_stored:
        raise InvalidRequestError(
            worded(
                "chat.background_responses_must_stored",
                "Background responses must be stored: send 'store': true, or leave it out.",
            ),
            code="invalid_value",
            param="background",
        )
    if request.moderation is not None and (request.background or request.stream):
        raise InvalidRequestError(
            worded(
                "chat.unsupported_parameter_moderation_responses",
                "Unsupported parameter: 'moderation' of responses that are streamed "
                "or made in the background is not supported by this server; leave "
                "out 'stream' and 'background', or ask /v1/moderations about the "
                "answer.",
            ),
            code="unsupported_parameter",
            param="moderation",
        )
    items = (*(previous.items if previous is not None else ()), *new_items)
    has_logprobs = _LOGPROBS in (request.include or ())
    return ResponsePlan(
        answer=answer_plan(
            request,
            items,
            images,
            top_logprobs=(request.top_logprobs or 0) if has_logprobs else None,
        ),
        items=items,
        new_items=new_items,
        previous=previous,
        is_truncated=request.truncation == "auto",
        is_stored=is_stored,
        is_background=bool(request.background),
        seals_reasoning=not is_stored and _SEALED_REASONING in (request.include or ()),
    )


def answer_plan(
    request: InputTokensRequest,
    items: tuple[Item, ...],
    images: ImageSource = NOT_HERE,
    *,
    top_logprobs: int | None = None,
) -> AnswerPlan:
    """Return how an answer to a conversation is made, or would be when only tokens are counted."""
    sampling = request if isinstance(request, CreateResponse) else CreateResponse()
    model = required(request.model, "model")
    required(items or None, "input")
    offered = offered_response_tools(request)
    form = response_text_form(request.text.format if request.text is not None else None)
    check_schemas(
        offered.tools,
        offered.choice,
        form,
        form_param="text.format.schema",
        tool_param="tools[{}].parameters".format,
    )
    options = sampling.stream_options
    return AnswerPlan(
        model=model,
        messages=conversation_of(items, request.instructions, images),
        tools=offered.tools,
        tool_choice=offered.choice,
        text_form=form,
        call_finish_reason=offered.finish_reason,
        effort=request.reasoning.effort if request.reasoning is not None else None,
        verbosity=request.text.verbosity if request.text is not None else None,
        temperature=1.0 if sampling.temperature is None else sampling.temperature,
        top_p=top_p_of(sampling.top_p),
        max_tokens=sampling.max_output_tokens,
        frequency_penalty=sampling.frequency_penalty or 0.0,
        presence_penalty=sampling.presence_penalty or 0.0,
        top_logprobs=top_logprobs,
        is_streamed=bool(sampling.stream),
        is_usage_streamed=True,
        is_obfuscated=options is not None and bool(options.include_obfuscation),
    )


def refuse_unoffered(request: InputTokensRequest) -> None:
    """Raise InvalidRequestError for the first parameter that would have to be ignored."""
    if request.previous_response_id is not None and request.conversation is not None:
        raise InvalidRequestError(
            worded(
                "chat.mutually_exclusive_parameters_previous",
                "Mutually exclusive parameters: 'previous_response_id' and "
                "'conversation' cannot be used together.",
            ),
            code="mutually_exclusive_parameters",
            param="conversation",
        )
    for name, remedy in _NOT_OFFERED.items():
        if getattr(request, name, None) is not None:
            raise InvalidRequestError(
                worded(
                    "chat.unsupported_parameter_not_supported",
                    "Unsupported parameter: '{name}' is not supported by this server; {remedy}.",
                    name=name,
                    remedy=remedy,
                ),
                code="unsupported_parameter",
                param=name,
            )
    if request.reasoning is not None:
        _check_summary(request.reasoning)


def _check_summary(reasoning: RequestedReasoning) -> None:
    summary = reasoning.summary or reasoning.generate_summary or "auto"
    # Nothing is more detailed than reasoning that is sent whole; published guides ask for that.
    if summary == "concise":
        raise InvalidRequestError(
            worded(
                "chat.unsupported_value_reasoning_summary",
                "Unsupported value: 'reasoning.summary' does not support '{summary}' "
                "with this server, which sends reasoning whole and makes no "
                "summaries; use 'auto' or 'detailed'.",
                summary=summary,
            ),
            code="unsupported_value",
            param="reasoning.summary",
        )


def _check_logprobs(request: CreateResponse) -> None:
    if request.top_logprobs and _LOGPROBS not in (request.include or ()):
        raise InvalidRequestError(
            worded(
                "chat.top_logprobs_parameter_only",
                "The 'top_logprobs' parameter is only allowed with '{logprobs}' in 'include'.",
                logprobs=_LOGPROBS,
            ),
            code="invalid_value",
            param="top_logprobs",
        )
    check_stream_options(request.stream_options, is_streamed=bool(request.stream))
