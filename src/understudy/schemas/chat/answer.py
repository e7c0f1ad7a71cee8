"""Chat Completions: the whole answer."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from understudy.schemas.base import WireObject
from understudy.schemas.moderations import ChatModeration

FinishReason = Literal["stop", "length", "tool_calls", "function_call", "content_filter"]
"""Why an answer ended; only remote servers, and a request's own moderation, filter content."""


class CalledFunction(WireObject):
    """The function of a call, with its arguments as the JSON text that the model wrote."""

    name: str
    arguments: str


class AnswerToolCall(WireObject):
    """A call that the model wants made."""

    id: str
    type: Literal["function"] = "function"
    function: CalledFunction


class AnswerMessage(WireObject):
    """The model's turn. Calls are absent, not empty or null, when there are none."""

    role: Literal["assistant"] = "assistant"
    content: str | None
    refusal: str | None = None
    """The words in which a remote model declined."""
    annotations: Sequence[object] = ()
    tool_calls: Sequence[AnswerToolCall] | None = Field(
        default=None, exclude_if=lambda calls: calls is None
    )
    function_call: CalledFunction | None = Field(default=None, exclude_if=lambda call: call is None)
    """The one call of an answer to a request with `functions`."""


class TopLogprob(WireObject):
    """A token that could have stood at a place, and the logarithm of its probability."""

    token: str
    logprob: float
    bytes: Sequence[int]


class TokenLogprob(TopLogprob):
    """The token that stands there, with the likeliest ones."""

    top_logprobs: Sequence[TopLogprob]


class ChoiceLogprobs(WireObject):
    """How likely the tokens of an answer's text were."""

    content: Sequence[TokenLogprob]
    refusal: None = None


class Choice(WireObject):
    """One of the `n` answers."""

    index: int
    message: AnswerMessage
    logprobs: ChoiceLogprobs | None = None
    finish_reason: FinishReason


class PromptTokensDetails(WireObject):
    """Parts of the prompt that OpenAI counts apart."""

    cached_tokens: int = 0
    audio_tokens: int = 0


class CompletionTokensDetails(WireObject):
    """Parts of the answer that OpenAI counts apart."""

    reasoning_tokens: int = 0
    audio_tokens: int = 0
    accepted_prediction_tokens: int = 0
    rejected_prediction_tokens: int = 0


class Usage(WireObject):
    """Tokens read and written, over all choices; the prompt counts once."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokensDetails = PromptTokensDetails()
    completion_tokens_details: CompletionTokensDetails = CompletionTokensDetails()


class ChatCompletion(WireObject):
    """The whole answer."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: Sequence[Choice]
    usage: Usage | None
    """Null where a remote server did not say what its answer cost."""
    service_tier: Literal["default"] = "default"
    system_fingerprint: str
    moderation: ChatModeration | None = Field(default=None, exclude_if=lambda found: found is None)
    """Only where the request asks for it."""
