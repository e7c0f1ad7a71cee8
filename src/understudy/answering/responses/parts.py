"""The items of a response while they are written, and the events about each."""

from collections.abc import Callable, Iterator
from typing import Literal

from understudy.answering.decoding import AnswerPiece
from understudy.answering.logprobs import token_logprobs
from understudy.answering.responses.sealed_reasoning import ReasoningSeal
from understudy.chat.parsing.deltas import (
    Delta,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
)
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.ids import hex_id
from understudy.schemas.chat.answer import TokenLogprob
from understudy.schemas.responses.events import (
    ArgumentsDeltaEvent,
    ArgumentsDoneEvent,
    DeltaEvent,
    ItemEvent,
    PartEvent,
    ReasoningDeltaEvent,
    ReasoningDoneEvent,
    RefusalDeltaEvent,
    RefusalDoneEvent,
    ResponseEvent,
    TextDeltaEvent,
    TextDoneEvent,
)
from understudy.schemas.responses.items import (
    FunctionCallItem,
    ItemStatus,
    MessageItem,
    OutputItem,
    OutputText,
    ReasoningItem,
    ReasoningText,
    RefusalPart,
)

PartEventType = Literal["response.content_part.added", "response.content_part.done"]


Number = Callable[[], int]
"""Returns the next event's number."""


class OpenText:
    """A message that the model writes: one part of text."""

    def __init__(self, index: int, number: Number, renderer: ChatRenderer | None) -> None:
        self.id = hex_id("msg_")
        self.index = index
        self.number = number
        self._renderer = renderer
        self._text = ""
        self._logprobs: list[TokenLogprob] = []

    def takes(self, delta: Delta) -> bool:
        """Say whether a delta continues this item."""
        return isinstance(delta, TextDelta)

    def item(self, status: ItemStatus) -> OutputItem:
        """Return the item as it stands; one that only begins has no parts yet."""
        content = () if status == "in_progress" else (self.part(),)
        return MessageItem(id=self.id, status=status, role="assistant", content=content)

    def begin(self) -> Iterator[ResponseEvent]:
        """Yield the beginnings of item and part."""
        yield _item_event(self, "in_progress")
        yield _part_event(self, "response.content_part.added")

    def add(self, piece: AnswerPiece) -> Iterator[DeltaEvent]:
        """Yield more text."""
        assert isinstance(piece.delta, TextDelta)
        logprobs = token_logprobs(self._renderer, piece.tokens) if self._renderer else []
        self._text += piece.delta.text
        self._logprobs += logprobs
        yield TextDeltaEvent(
            item_id=self.id,
            output_index=self.index,
            content_index=0,
            delta=piece.delta.text,
            logprobs=logprobs,
            sequence_number=self.number(),
        )

    def end(self, status: ItemStatus) -> Iterator[ResponseEvent]:
        """Yield the ends of text, part and item, in this order."""
        yield TextDoneEvent(
            item_id=self.id,
            output_index=self.index,
            content_index=0,
            text=self._text,
            logprobs=self._logprobs,
            sequence_number=self.number(),
        )
        yield _part_event(self, "response.content_part.done")
        yield _item_event(self, status)

    def part(self) -> OutputText:
        """Return the part as it stands."""
        return OutputText(text=self._text, logprobs=list(self._logprobs))


class OpenRefusal:
    """A message in which a remote model declines: one part of text."""

    def __init__(self, index: int, number: Number) -> None:
        self.id = hex_id("msg_")
        self.index = index
        self.number = number
        self._text = ""

    def takes(self, delta: Delta) -> bool:
        """Say whether a delta continues this item."""
        return isinstance(delta, RefusalDelta)

    def item(self, status: ItemStatus) -> OutputItem:
        """Return the item as it stands; one that only begins has no parts yet."""
        content = () if status == "in_progress" else (self.part(),)
        return MessageItem(id=self.id, status=status, role="assistant", content=content)

    def begin(self) -> Iterator[ResponseEvent]:
        """Yield the beginnings of item and part."""
        yield _item_event(self, "in_progress")
        yield _part_event(self, "response.content_part.added")

    def add(self, piece: AnswerPiece) -> Iterator[DeltaEvent]:
        """Yield more of the refusal."""
        assert isinstance(piece.delta, RefusalDelta)
        self._text += piece.delta.text
        yield RefusalDeltaEvent(
            item_id=self.id,
            output_index=self.index,
            content_index=0,
            delta=piece.delta.text,
            sequence_number=self.number(),
        )

    def end(self, status: ItemStatus) -> Iterator[ResponseEvent]:
        """Yield the ends of refusal, part and item, in this order."""
        yield RefusalDoneEvent(
            item_id=self.id,
            output_index=self.index,
            content_index=0,
            refusal=self._text,
            sequence_number=self.number(),
        )
        yield _part_event(self, "response.content_part.done")
        yield _item_event(self, status)

    def part(self) -> RefusalPart:
        """Return the part as it stands."""
        return RefusalPart(refusal=self._text)


class OpenReasoning:
    """What the model thinks: one part of text, sent whole and without a summary."""

    def __init__(self, index: int, number: Number, seal: ReasoningSeal | None) -> None:
        self.id = hex_id("rs_")
        self.index = index
        self.number = number
        self._seal = seal
        self._text = ""
        self._sealed: str | None = None

    def takes(self, delta: Delta) -> bool:
        """Say whether a delta continues this item."""
        return isinstance(delta, ReasoningDelta)

    def item(self, status: ItemStatus) -> OutputItem:
        """Return the item as it stands; one that only begins has no parts yet."""
        if status == "in_progress":
            return ReasoningItem(id=self.id, status=status, content=())
        if self._seal is not None and self._sealed is None:
            # Once: the event of the item and the response have the same.
            self._sealed = self._seal.close(self._text)
        return ReasoningItem(
            id=self.id,
            status=status,
            content=(self.part(),),
            encrypted_content=self._sealed,
        )

    def begin(self) -> Iterator[ResponseEvent]:
        """Yield the beginnings of item and part."""
        yield _item_event(self, "in_progress")
        yield _part_event(self, "response.content_part.added")

    def add(self, piece: AnswerPiece) -> Iterator[DeltaEvent]:
        """Yield more reasoning."""
        assert isinstance(piece.delta, ReasoningDelta)
        self._text += piece.delta.text
        yield ReasoningDeltaEvent(
            item_id=self.id,
            output_index=self.index,
            content_index=0,
            delta=piece.delta.text,
            sequence_number=self.number(),
        )

    def end(self, status: ItemStatus) -> Iterator[ResponseEvent]:
        """Yield the ends of text, part and item, in this order."""
        yield ReasoningDoneEvent(
            item_id=self.id,
            output_index=self.index,
            content_index=0,
            text=self._text,
            sequence_number=self.number(),
        )
        yield _part_event(self, "response.content_part.done")
        yield _item_event(self, status)

    def part(self) -> ReasoningText:
        """Return the part as it stands."""
        return ReasoningText(text=self._text)


class OpenCall:
    """A call that the model writes."""

    def __init__(self, index: int, number: Number, beginning: ToolCallDelta) -> None:
        self.id = hex_id("fc_")
        self.index = index
        self.number = number
        self._call = beginning
        self._arguments = ""

    def takes(self, delta: Delta) -> bool:
        """Say whether a delta continues this item."""
        return isinstance(delta, ToolCallDelta) and delta.index == self._call.index

    def item(self, status: ItemStatus) -> OutputItem:
        """Return the item as it stands."""
        return FunctionCallItem(
            id=self.id,
            status=status,
            call_id=self._call.id or "",
            name=self._call.name or "",
            arguments=self._arguments,
        )

    def begin(self) -> Iterator[ResponseEvent]:
        """Yield the beginning of the item."""
        yield _item_event(self, "in_progress")

    def add(self, piece: AnswerPiece) -> Iterator[DeltaEvent]:
        """Yield more arguments; the beginning of a call brings none."""
        assert isinstance(piece.delta, ToolCallDelta)
        if not piece.delta.arguments:
            return
        self._arguments += piece.delta.arguments
        yield ArgumentsDeltaEvent(
            item_id=self.id,
            output_index=self.index,
            delta=piece.delta.arguments,
            sequence_number=self.number(),
        )

    def end(self, status: ItemStatus) -> Iterator[ResponseEvent]:
        """Yield the ends of arguments and item."""
        yield ArgumentsDoneEvent(
            item_id=self.id,
            output_index=self.index,
            name=self._call.name or "",
            arguments=self._arguments,
            sequence_number=self.number(),
        )
        yield _item_event(self, status)


OpenItem = OpenText | OpenRefusal | OpenReasoning | OpenCall


def _item_event(open: OpenItem, status: ItemStatus) -> ItemEvent:
    is_new = status == "in_progress"
    return ItemEvent(
        type="response.output_item.added" if is_new else "response.output_item.done",
        output_index=open.index,
        item=open.item(status),
        sequence_number=open.number(),
    )


def _part_event(open: OpenText | OpenRefusal | OpenReasoning, type: PartEventType) -> PartEvent:
    return PartEvent(
        type=type,
        item_id=open.id,
        output_index=open.index,
        content_index=0,
        part=open.part(),
        sequence_number=open.number(),
    )
