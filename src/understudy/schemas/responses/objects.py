"""Responses: the response itself, and the small objects of its routes."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field

from understudy.schemas.base import WireObject
from understudy.schemas.lists import HasId
from understudy.schemas.moderations import ResponseModeration
from understudy.schemas.responses.items import Item, OutputItem

ResponseStatus = Literal["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]
ENDED: frozenset[ResponseStatus] = frozenset({"completed", "incomplete", "failed", "cancelled"})
"""States that a response never leaves."""


class ResponseError(WireObject):
    """Why a response failed."""

    code: Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
    message: str


class IncompleteDetails(WireObject):
    """Why a response ended early."""

    reason: Literal["max_output_tokens", "content_filter"]


class InputTokensDetails(WireObject):
    """Parts of the input that OpenAI counts apart."""

    cached_tokens: int
    cache_write_tokens: int = 0


class OutputTokensDetails(WireObject):
    """Parts of the output that OpenAI counts apart."""

    reasoning_tokens: int


class ResponseUsage(WireObject):
    """Tokens read and written."""

    input_tokens: int
    input_tokens_details: InputTokensDetails
    output_tokens: int
    output_tokens_details: OutputTokensDetails
    total_tokens: int


class ResponseFunction(WireObject):
    """A function that could be called."""

    type: Literal["function"] = "function"
    name: str
    description: str | None
    parameters: dict[str, Any] | None
    strict: bool


class TextFormat(WireObject):
    """Free text, or some JSON object."""

    type: Literal["text", "json_object"]


class JsonSchemaFormat(WireObject):
    """JSON that a schema describes."""

    model_config = ConfigDict(serialize_by_alias=True)

    type: Literal["json_schema"] = "json_schema"
    name: str
    description: str | None
    schema_: Annotated[dict[str, Any], Field(serialization_alias="schema")]
    strict: bool


class TextSettings(WireObject):
    """How the text was to be written."""

    format: TextFormat | JsonSchemaFormat
    verbosity: Literal["medium"] = "medium"


class ReasoningSettings(WireObject):
    """How much the model was to think."""

    effort: str | None
    summary: str | None


class ResponseObject(HasId):
    """A response, in whichever state it is."""

    object: Literal["response"] = "response"
    created_at: int
    completed_at: int | None = None
    status: ResponseStatus
    background: bool
    error: ResponseError | None = None
    incomplete_details: IncompleteDetails | None = None
    instructions: str | None
    max_output_tokens: int | None
    max_tool_calls: int | None
    model: str
    output: Sequence[Annotated[OutputItem, Discriminator("type")]] = ()
    parallel_tool_calls: bool
    previous_response_id: str | None
    prompt_cache_key: str | None
    reasoning: ReasoningSettings
    safety_identifier: str | None
    service_tier: Literal["default"] = "default"
    store: bool
    temperature: float
    text: TextSettings
    tool_choice: str | dict[str, Any]
    tools: Sequence[ResponseFunction]
    top_logprobs: int
    top_p: float
    frequency_penalty: float
    presence_penalty: float
    truncation: Literal["auto", "disabled"]
    usage: ResponseUsage | None = None
    user: str | None
    metadata: dict[str, str]
    moderation: ResponseModeration | None = Field(
        default=None, exclude_if=lambda found: found is None
    )
    """Only where the request asks for it."""


class ResponseDeleted(WireObject):
    """The answer to a deletion."""

    id: str
    object: Literal["response.deleted"] = "response.deleted"
    deleted: Literal[True] = True


class CompactedResponse(HasId):
    """A conversation of which a part was replaced by its summary."""

    object: Literal["response.compaction"] = "response.compaction"
    created_at: int
    output: Sequence[Item]
    usage: ResponseUsage | None
    """None where a remote server did not say."""


class InputTokens(WireObject):
    """How many tokens a prompt has."""

    object: Literal["response.input_tokens"] = "response.input_tokens"
    input_tokens: int
