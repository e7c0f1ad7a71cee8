"""Chat Completions: the answer as a stream of chunks."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, SerializeAsAny

from understudy.schemas.base import WireObject
from understudy.schemas.chat.answer import CalledFunction, ChoiceLogprobs, FinishReason, Usage
from understudy.schemas.moderations import ChatModeration


class Delta(WireObject):
    """What a chunk adds to its choice; nothing at all in the choice's last chunk."""


class FirstDelta(Delta):
    """The beginning of a choice."""

    role: Literal["assistant"] = "assistant"
    content: Literal[""] = ""
    refusal: None = None


class TextDelta(Delta):
    """More text."""

    content: str


class RefusalDelta(Delta):
    """More of the words in which a remote model declines."""

    refusal: str


class CallBeginning(WireObject):
    """The first piece of a tool call: everything but its arguments."""

    index: int
    id: str
    type: Literal["function"] = "function"
    function: CalledFunction


class ArgumentsPiece(WireObject):
    """More of a call's arguments."""

    arguments: str


class CallContinuation(WireObject):
    """A later piece of a tool call; `index` says of which."""

    index: int
    function: ArgumentsPiece


class ToolCallsDelta(Delta):
    """More of a tool call."""

    tool_calls: Sequence[CallBeginning | CallContinuation]


class FunctionCallDelta(Delta):
    """More of the one call of an answer to a request with `functions`."""

    function_call: CalledFunction | ArgumentsPiece


class ChunkChoice(WireObject):
    """The piece of one choice that a chunk brings."""

    index: int
    delta: SerializeAsAny[Delta]
    logprobs: ChoiceLogprobs | None = None
    finish_reason: FinishReason | None


class ChatCompletionChunk(WireObject):
    """One event of a stream."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    service_tier: Literal["default"] = "default"
    system_fingerprint: str
    choices: Sequence[ChunkChoice]
    moderation: ChatModeration | None = Field(default=None, exclude_if=lambda found: found is None)
    """In the last chunk, where the request asks for it."""
    obfuscation: str | None = Field(default=None, exclude_if=lambda padding: padding is None)
    """Noise that hides from who counts bytes on the way how long the text of a chunk is."""


class ChatCompletionChunkWithUsage(ChatCompletionChunk):
    """One event of a stream whose reader asked for usage: null until the last event."""

    usage: Usage | None
