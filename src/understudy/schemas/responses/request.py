"""Responses: the request, tolerant of unknown fields as its users' programs need."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from understudy.schemas.base import MAX_WHOLE, PositiveNumber, StoredText, TolerantRequest
from understudy.schemas.chat.choices import FunctionName
from understudy.schemas.chat.request import Detail, Effort, Penalty
from understudy.schemas.metadata import Metadata
from understudy.schemas.moderations import InlineModeration

# Tags in angle brackets name a branch of a union, not a field: they never reach an error's path.
_Text = Annotated[str, Tag("<text>")]


def _text_or_array(value: object) -> str:
    return "<array>" if isinstance(value, list) else "<text>"


def _word_or_object(value: object) -> str:
    return "<word>" if isinstance(value, str) else "<object>"


class InputPart(TolerantRequest):
    """A part of an item's content; which types are read is decided per item."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: str | None = None
    file_id: str | None = None
    detail: Detail | None = None


Parts = Annotated[list[InputPart], Tag("<array>")]
Content = Annotated[_Text | Parts, Discriminator(_text_or_array)]


class InputItem(TolerantRequest):
    """One item of the conversation; which fields a type needs is checked with all the others.

    Items of earlier answers are sent back as they came, so more fields may be here.
    """

    type: str | None = None
    """Absent on a message in its easy form."""
    id: Annotated[StoredText, StringConstraints(min_length=1, max_length=128)] | None = None
    role: str | None = None
    content: Content | None = None
    phase: Literal["commentary", "final_answer"] | None = None
    call_id: Annotated[StoredText, StringConstraints(min_length=1, max_length=64)] | None = None
    name: str | None = None
    arguments: str | None = None
    output: Content | None = None
    summary: list[InputPart] | None = None
    encrypted_content: str | None = None


Input = Annotated[
    _Text | Annotated[list[InputItem], Field(max_length=2048), Tag("<array>")],
    Discriminator(_text_or_array),
]


class ResponseTool(TolerantRequest):
    """A tool; only functions are offered here, and they are flat, unlike those of chat."""

    type: str
    name: FunctionName | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class NamedResponseTool(TolerantRequest):
    """A tool by its name alone."""

    type: str
    name: str | None = None


class ChosenResponseTools(NamedResponseTool):
    """One function, or several allowed ones."""

    mode: Literal["auto", "required"] | None = None
    tools: Annotated[list[NamedResponseTool], Field(min_length=1, max_length=128)] | None = None


ResponseToolChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], Tag("<word>")]
    | Annotated[ChosenResponseTools, Tag("<object>")],
    Discriminator(_word_or_object),
]


class RequestedFormat(TolerantRequest):
    """What form the text has; flat, unlike that of chat."""

    type: Literal["text", "json_object", "json_schema"]
    name: FunctionName | None = None
    description: str | None = None
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    strict: bool | None = None


class RequestedText(TolerantRequest):
    """How the text is written."""

    format: RequestedFormat | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class RequestedReasoning(TolerantRequest):
    """How much the model thinks, and what is told of it."""

    effort: Effort | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    generate_summary: Literal["auto", "concise", "detailed"] | None = None


class ResponseStreamOptions(TolerantRequest):
    """How a stream is written."""

    include_obfuscation: bool | None = None


Include = Literal[
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
]


class ConversationRequest(TolerantRequest):
    """A conversation, and the model that it is for. Null is the same as an absent field."""

    model: str | None = None
    input: Input | None = None
    instructions: StoredText | None = None
    previous_response_id: str | None = None


class CompactConversation(ConversationRequest):
    """The request to replace a conversation by a shorter one."""

    # Say something about the caller or the service; the summary is the same with and without.
    service_tier: str | None = None
    prompt_cache_key: Annotated[str, StringConstraints(max_length=512)] | None = None
    prompt_cache_retention: str | None = None
    prompt_cache_options: Any = None


class InputTokensRequest(ConversationRequest):
    """What a prompt is made of."""

    tools: Annotated[list[ResponseTool], Field(max_length=128)] | None = None
    tool_choice: ResponseToolChoice | None = None
    parallel_tool_calls: bool | None = None
    text: RequestedText | None = None
    reasoning: RequestedReasoning | None = None
    truncation: Literal["auto", "disabled"] | None = None
    conversation: Any = None


class CreateResponse(InputTokensRequest):
    """The request for a response."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    max_output_tokens: Annotated[int, Field(ge=16, le=MAX_WHOLE)] | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    # Not at OpenAI, but in the open form of this API.
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    include: list[Include] | None = None
    store: bool | None = None
    metadata: Metadata | None = None
    background: bool | None = None
    stream: bool | None = None
    stream_options: ResponseStreamOptions | None = None

    # Change the answer in ways that are not offered here: refused.
    prompt: Any = None
    context_management: Any = None

    moderation: InlineModeration | None = None

    # Say something about the caller or the service; the answer is the same with and without.
    user: Annotated[StoredText, StringConstraints(max_length=512)] | None = None
    safety_identifier: Annotated[str, StringConstraints(max_length=128)] | None = None
    service_tier: str | None = None
    prompt_cache_key: Annotated[str, StringConstraints(max_length=512)] | None = None
    prompt_cache_retention: str | None = None
    prompt_cache_options: Any = None
    # Counts calls of hosted tools, of which there are none here.
    max_tool_calls: PositiveNumber | None = None
