"""Responses: the events of a stream."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Discriminator, Field

from understudy.schemas.base import WireObject
from understudy.schemas.chat.answer import TokenLogprob
from understudy.schemas.responses.items import OutputItem, OutputText, ReasoningText, RefusalPart
from understudy.schemas.responses.objects import ResponseObject


class _Numbered(WireObject):
    """An event; they are numbered from 0."""

    sequence_number: int


class StateEvent(_Numbered):
    """The response as a whole has come into another state."""

    type: Literal[
        "response.created",
        "response.queued",
        "response.in_progress",
        "response.completed",
        "response.incomplete",
        "response.failed",
    ]
    response: ResponseObject


class ItemEvent(_Numbered):
    """An item of the output begins or is whole."""

    type: Literal["response.output_item.added", "response.output_item.done"]
    output_index: int
    item: Annotated[OutputItem, Discriminator("type")]


class _InsideItem(_Numbered):
    """Something happens inside an item."""

    item_id: str
    output_index: int


class PartEvent(_InsideItem):
    """A part of an item's content begins or is whole."""

    type: Literal["response.content_part.added", "response.content_part.done"]
    content_index: int
    part: Annotated[OutputText | RefusalPart | ReasoningText, Discriminator("type")]


class _Delta(_InsideItem):
    """More of something."""

    delta: str
    obfuscation: str | None = Field(default=None, exclude_if=lambda padding: padding is None)
    """Noise that hides how long the delta is, for streams that ask for it."""


class TextDeltaEvent(_Delta):
    """More text."""

    type: Literal["response.output_text.delta"] = "response.output_text.delta"
    content_index: int
    logprobs: Sequence[TokenLogprob]


class TextDoneEvent(_InsideItem):
    """The text is whole."""

    type: Literal["response.output_text.done"] = "response.output_text.done"
    content_index: int
    text: str
    logprobs: Sequence[TokenLogprob]


class RefusalDeltaEvent(_Delta):
    """More of the words in which a remote model declines."""

    type: Literal["response.refusal.delta"] = "response.refusal.delta"
    content_index: int


class RefusalDoneEvent(_InsideItem):
    """The refusal is whole."""

    type: Literal["response.refusal.done"] = "response.refusal.done"
    content_index: int
    refusal: str


class ArgumentsDeltaEvent(_Delta):
    """More of a call's arguments."""

    type: Literal["response.function_call_arguments.delta"] = (
        "response.function_call_arguments.delta"
    )


class ArgumentsDoneEvent(_InsideItem):
    """A call's arguments are whole."""

    type: Literal["response.function_call_arguments.done"] = "response.function_call_arguments.done"
    name: str
    arguments: str


class ReasoningDeltaEvent(_Delta):
    """More of what the model thinks."""

    type: Literal["response.reasoning_text.delta"] = "response.reasoning_text.delta"
    content_index: int


class ReasoningDoneEvent(_InsideItem):
    """The model has ended thinking."""

    type: Literal["response.reasoning_text.done"] = "response.reasoning_text.done"
    content_index: int
    text: str


ResponseEvent = (
    StateEvent
    | ItemEvent
    | PartEvent
    | TextDeltaEvent
    | TextDoneEvent
    | RefusalDeltaEvent
    | RefusalDoneEvent
    | ArgumentsDeltaEvent
    | ArgumentsDoneEvent
    | ReasoningDeltaEvent
    | ReasoningDoneEvent
)
DeltaEvent = TextDeltaEvent | RefusalDeltaEvent | ArgumentsDeltaEvent | ReasoningDeltaEvent
