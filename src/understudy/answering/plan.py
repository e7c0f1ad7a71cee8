"""Validated request for an answer, defaults applied: chat, responses, evals and judges share it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from understudy.answering.chat.conversation import conversation
from understudy.answering.chat.policy import refuse_unsupported
from understudy.answering.schema_check import check_schemas
from understudy.answering.shown_images import NOT_HERE
from understudy.answering.text_form import text_form
from understudy.answering.tool_choice import offered_tools
from understudy.chat.answer_shape import FreeText, TextForm, ToolChoice, ToolUse
from understudy.chat.messages import Message, Tool
from understudy.data.images.sources import ImageSource
from understudy.errors import InvalidRequestError
from understudy.schemas.chat.answer import FinishReason
from understudy.schemas.chat.request import (
    CreateChatCompletion,
    Effort,
    StreamOptions,
    Verbosity,
)
from understudy.schemas.completions import CreateCompletion

# 0 would leave no token to draw; any share this small leaves exactly the likeliest.
_MIN_TOP_P = 1e-9
_SEEDS = 2**63
_NO_TOOLS = ToolChoice(use=ToolUse.NEVER, names=None, is_parallel=True)
_FREE_TEXT = FreeText()

_TOKEN_ID = re.compile("[0-9]{1,9}")


@dataclass(frozen=True, kw_only=True)
class AnswerPlan:
    """How one conversation is answered; the defaults are those of OpenAI's API."""

    model: str
    """As it was asked for."""
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    """Empty when the model may not call any."""
    tool_choice: ToolChoice = _NO_TOOLS
    text_form: TextForm = _FREE_TEXT
    call_finish_reason: FinishReason = "tool_calls"
    """How an answer ends that calls tools."""
    has_legacy_calls: bool = False
    """Whether a call is sent as `function_call`, because the request uses `functions`."""
    effort: Effort | None = None
    """Reasoning effort; None leaves it to the model's chat template."""
    verbosity: Verbosity | None = None
    """How long answers shall be; only medium is what happens anyway."""
    temperature: float = 1.0
    top_p: float = 1.0
    """Above 0."""
    max_tokens: int | None = None
    """Per choice; None stands for all that the model's context has room for."""
    stop: tuple[str, ...] = ()
    choices: int = 1
    seed: int | None = None
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    logit_bias: tuple[tuple[int, float], ...] = ()
    """Token ids, which the model may not have, and what is added to their logits."""
    top_logprobs: int | None = None
    """How many likely tokens are reported per token; None reports no probabilities at all."""
    is_streamed: bool = False
    is_usage_streamed: bool = False
    is_obfuscated: bool = False
    """Whether the chunks of a stream are padded, so that their lengths reveal little."""


def plan_chat(request: CreateChatCompletion, images: ImageSource = NOT_HERE) -> AnswerPlan:
    """Validate a chat request; raises InvalidRequestError for what cannot be followed.

    Takes up to a second for schemas that were not seen before, and longer to read images.
    """
    if not request.model:
        raise InvalidRequestError("you must provide a model parameter")
    refuse_unsupported(request)
    offered = offered_tools(request)
    form = text_form(request.response_format)
    place = "functions[{}].parameters" if offered.is_legacy else "tools[{}].function.parameters"
    check_schemas(
        offered.tools,
        offered.choice,
        form,
        form_param="response_format",
        tool_param=place.format,
    )
    return AnswerPlan(
        model=request.model,
        messages=conversation(request.messages, images),
        tools=offered.tools,
        tool_choice=offered.choice,
        text_form=form,
        call_finish_reason=offered.finish_reason,
        has_legacy_calls=offered.is_legacy,
        effort=request.reasoning_effort,
        verbosity=request.verbosity,
        temperature=1.0 if request.temperature is None else request.temperature,
        top_p=top_p_of(request.top_p),
        max_tokens=_max_tokens(request),
        stop=stops_of(request.stop),
        choices=request.n or 1,
        seed=request.seed,
        frequency_penalty=request.frequency_penalty or 0.0,
        presence_penalty=request.presence_penalty or 0.0,
        logit_bias=logit_bias_of(request.logit_bias or {}),
        top_logprobs=_top_logprobs(request),
        is_streamed=bool(request.stream),
        is_usage_streamed=stream_options_of(request).include_usage is True,
        is_obfuscated=stream_options_of(request).include_obfuscation is True,
    )


def _max_tokens(request: CreateChatCompletion) -> int | None:
    new, old = request.max_completion_tokens, request.max_tokens
    if new is not None and old is not None and new != old:
        raise InvalidRequestError(
            "'max_tokens' and 'max_completion_tokens' differ; give only the second.",
            code="invalid_value",
            param="max_tokens",
        )
    return new if new is not None else old


def top_p_of(requested: float | None) -> float:
    """Return the share of probability that tokens are drawn from, above 0."""
    return 1.0 if requested is None else max(requested, _MIN_TOP_P)


def seed_of_choice(seed: int | None, choice: int) -> int | None:
    """Return the seed of one of several answers to the same prompt."""
    return None if seed is None else (seed + choice) % _SEEDS


def logit_bias_of(biases: Mapping[str, float]) -> tuple[tuple[int, float], ...]:
    """Return the biases by token; raises InvalidRequestError for what is no token id."""
    for key in biases:
        if not _TOKEN_ID.fullmatch(key):
            raise InvalidRequestError(
                f"Invalid key in 'logit_bias': {key[:100]!r} is not a token id; keys are the ids "
                "of the model's own tokens.",
                code="invalid_value",
                param="logit_bias",
            )
    return tuple((int(key), bias) for key, bias in biases.items())


def _top_logprobs(request: CreateChatCompletion) -> int | None:
    if request.logprobs:
        return request.top_logprobs or 0
    if request.top_logprobs is not None:
        raise InvalidRequestError(
            "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
            code="invalid_value",
            param="top_logprobs",
        )
    return None


def stops_of(stop: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the texts that end an answer."""
    if stop is None:
        return ()
    return (stop,) if isinstance(stop, str) else tuple(stop)


def stream_options_of(request: CreateChatCompletion | CreateCompletion) -> StreamOptions:
    """Return how a stream is written; raises InvalidRequestError when there is to be none."""
    check_stream_options(request.stream_options, is_streamed=bool(request.stream))
    return request.stream_options or StreamOptions()


def check_stream_options(options: object | None, *, is_streamed: bool) -> None:
    """Raise InvalidRequestError for options of a stream where none is asked for."""
    if options is not None and not is_streamed:
        raise InvalidRequestError(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )
