"""Responses: the items that conversations consist of, as they are answered, listed and stored."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Discriminator, Field, TypeAdapter

from understudy.schemas.base import WireObject
from understudy.schemas.chat.answer import TokenLogprob
from understudy.schemas.chat.request import Detail
from understudy.schemas.lists import HasId

ItemStatus = Literal["in_progress", "completed", "incomplete"]


class InputText(WireObject):
    """Text that the model is told."""

    type: Literal["input_text"] = "input_text"
    text: str


class OutputText(WireObject):
    """Text that the model said."""

    type: Literal["output_text"] = "output_text"
    text: str
    annotations: Sequence[object] = ()
    logprobs: Sequence[TokenLogprob] = ()


class RefusalPart(WireObject):
    """A refusal: of a remote model, or said to be the model's in an earlier turn."""

    type: Literal["refusal"] = "refusal"
    refusal: str


class ReasoningText(WireObject):
    """What the model thought."""

    type: Literal["reasoning_text"] = "reasoning_text"
    text: str


class SummaryText(WireObject):
    """A summary of what a model thought, from another server: none are made here."""

    type: Literal["summary_text"] = "summary_text"
    text: str


class InputImage(WireObject):
    """An image that the model is shown."""

    type: Literal["input_image"] = "input_image"
    detail: Detail = "auto"
    image_url: str
    """Where this server keeps it, as `data/images/addresses.kept_url` says."""
    file_id: str | None = None
    """The file that it came from, if that was how it was named."""


MessagePart = Annotated[InputText | InputImage | OutputText | RefusalPart, Discriminator("type")]


class MessageItem(HasId):
    """A message of anybody."""

    type: Literal["message"] = "message"
    status: ItemStatus
    role: Literal["user", "assistant", "system", "developer"]
    content: Sequence[MessagePart]
    phase: Literal["commentary", "final_answer"] | None = Field(
        default=None, exclude_if=lambda phase: phase is None
    )


class FunctionCallItem(HasId):
    """A call that the model wants made."""

    type: Literal["function_call"] = "function_call"
    status: ItemStatus
    call_id: str
    name: str
    arguments: str


class FunctionCallOutputItem(HasId):
    """The result of a call."""

    type: Literal["function_call_output"] = "function_call_output"
    status: ItemStatus
    call_id: str
    output: str | Sequence[InputText]


class ReasoningItem(HasId):
    """What the model thought before it answered."""

    type: Literal["reasoning"] = "reasoning"
    status: ItemStatus
    summary: Sequence[SummaryText] = ()
    content: Sequence[ReasoningText]
    encrypted_content: str | None = Field(default=None, exclude_if=lambda sealed: sealed is None)
    """The same, sealed, where a client that keeps the conversation itself asked for it."""


class CompactionItem(HasId):
    """A summary that stands for an earlier part of the conversation."""

    type: Literal["compaction"] = "compaction"
    encrypted_content: str
    """The summary, sealed: what is read when the item is sent back."""
    content: str
    """The summary, for its readers."""


OutputItem = MessageItem | FunctionCallItem | ReasoningItem
"""What an answer consists of."""
Item = Annotated[
    MessageItem | FunctionCallItem | FunctionCallOutputItem | ReasoningItem | CompactionItem,
    Discriminator("type"),
]
"""What a conversation consists of."""

ITEMS: TypeAdapter[list[Item]] = TypeAdapter(list[Item])
"""Reads items that were stored."""
