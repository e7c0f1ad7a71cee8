"""Chat Completions: the request, tolerant of unknown fields as its users' programs need."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from understudy.schemas.base import PositiveNumber, Seed, TolerantRequest
from understudy.schemas.chat.choices import (
    FunctionChoice,
    FunctionDefinition,
    ResponseFormat,
    ToolChoice,
    ToolDefinition,
)
from understudy.schemas.metadata import Metadata
from understudy.schemas.moderations import InlineModeration


def _text_or_array(value: object) -> str:
    return "<array>" if isinstance(value, list) else "<text>"


# Tags in angle brackets name a branch of a union, not a field: they never reach an error's path.
_Text = Annotated[str, Tag("<text>")]
Detail = Literal["auto", "low", "high"]


class ImageUrl(TolerantRequest):
    """An image that stands at a URL, or in it."""

    url: str
    detail: Detail | None = None


class ImageFile(TolerantRequest):
    """An image that was uploaded."""

    file_id: str
    detail: Detail | None = None


class ContentPart(TolerantRequest):
    """A part of a message's content; which types are read is decided per role."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: ImageUrl | None = None
    image_file: ImageFile | None = None


Content = Annotated[
    _Text | Annotated[list[ContentPart], Field(min_length=1), Tag("<array>")],
    Discriminator(_text_or_array),
]


class FunctionCall(TolerantRequest):
    """Which function the assistant called, with its arguments as JSON text."""

    name: str
    arguments: str


class ToolCall(TolerantRequest):
    """A call in an earlier turn of the assistant."""

    id: str
    type: str = "function"
    function: FunctionCall | None = None


class ChatMessage(TolerantRequest):
    """One turn of the conversation; which fields a role needs is checked with all the others.

    Answers are sent back as they came, so fields of answers may be here and are passed over.
    """

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content | None = None
    refusal: str | None = None
    """What an assistant said that declined: its text, where there is no content."""
    reasoning_content: str | None = None
    name: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    function_call: FunctionCall | None = None
    """The one call of an answer to a request with `functions`."""


class StreamOptions(TolerantRequest):
    """How a stream is written."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


StopText = Annotated[str, StringConstraints(min_length=1)]
Stop = Annotated[
    Annotated[StopText, Tag("<text>")]
    | Annotated[list[StopText], Field(max_length=4), Tag("<array>")],
    Discriminator(_text_or_array),
]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Verbosity = Literal["low", "medium", "high"]
Penalty = Annotated[float, Field(ge=-2, le=2)]
Bias = Annotated[float, Field(ge=-100, le=100)]
TokenLimit = PositiveNumber


class CreateChatCompletion(TolerantRequest):
    """The request for an answer. Null means the same as an absent field everywhere."""

    model: str | None = None
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=2048)]

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    max_completion_tokens: TokenLimit | None = None
    max_tokens: TokenLimit | None = None
    stop: Stop | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    seed: Seed | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tools: Annotated[list[ToolDefinition], Field(max_length=128)] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    logit_bias: dict[str, Bias] | None = None

    functions: Annotated[list[FunctionDefinition], Field(max_length=128)] | None = None
    function_call: FunctionChoice | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: Effort | None = None

    # Change the answer in ways that are not offered here: refused unless they change nothing.
    verbosity: Verbosity | None = None
    audio: Any = None
    modalities: list[str] | None = None
    prediction: Any = None
    web_search_options: Any = None

    moderation: InlineModeration | None = None

    store: bool | None = None
    """Whether the answer is kept, with the question; null leaves that to the server's setting."""
    metadata: Metadata | None = None

    # Say something about the caller or the service; the answer is the same with and without.
    user: str | None = None
    safety_identifier: Annotated[str, StringConstraints(max_length=64)] | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast"] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    prompt_cache_options: Any = None
