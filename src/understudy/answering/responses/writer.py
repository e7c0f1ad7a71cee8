"""Writes a response from the pieces of an answer: its events in order, and the object whole."""

from collections.abc import Iterator
from functools import partial
from itertools import count

from understudy.answering.decoding import AnswerEnd, AnswerPiece
from understudy.answering.padding import padding_for
from understudy.answering.prompt import AnyPrompt, Prompt
from understudy.answering.responses.object import ended, failed
from understudy.answering.responses.parts import (
    OpenCall,
    OpenItem,
    OpenReasoning,
    OpenRefusal,
    OpenText,
)
from understudy.answering.responses.sealed_reasoning import ReasoningSeal
from understudy.chat.parsing.deltas import ReasoningDelta, RefusalDelta, TextDelta, ToolCallDelta
from understudy.errors import UnderstudyError
from understudy.schemas.responses.events import ResponseEvent, StateEvent
from understudy.schemas.responses.items import ItemStatus, OutputItem
from understudy.schemas.responses.objects import ResponseObject
from understudy.storage.answers.events import WrittenEvent


class ResponseWriter:
    """One response in the making; `response` is how it stands."""

    def __init__(
        self,
        response: ResponseObject,
        prompt: AnyPrompt,
        *,
        is_obfuscated: bool = False,
        seal: ReasoningSeal | None = None,
    ) -> None:
        self.response = response
        self._seal = seal
        self._is_obfuscated = is_obfuscated
        self._prompt = prompt
        self._renderer = prompt.model.renderer if isinstance(prompt, Prompt) else None
        self._number = partial(next, count())
        self._output: list[OutputItem] = []
        self._open: OpenItem | None = None

    def create(self) -> Iterator[ResponseEvent]:
        """Yield that there is a response, and that it is queued if it is."""
        yield StateEvent(
            type="response.created", response=self.response, sequence_number=self._number()
        )
        if self.response.status == "queued":
            yield StateEvent(
                type="response.queued", response=self.response, sequence_number=self._number()
            )

    def begin(self) -> Iterator[ResponseEvent]:
        """Yield that the answer is being made."""
        self.response = self.response.model_copy(update={"status": "in_progress"})
        yield StateEvent(
            type="response.in_progress", response=self.response, sequence_number=self._number()
        )

    def add(self, piece: AnswerPiece | AnswerEnd) -> Iterator[ResponseEvent]:
        """Yield what a piece adds; the end closes the response."""
        if isinstance(piece, AnswerEnd):
            yield from self._finish(piece)
            return
        if self._open is None or not self._open.takes(piece.delta):
            yield from self._close("completed")
            self._open = self._opened(piece)
            yield from self._open.begin()
        for event in self._open.add(piece):
            if self._is_obfuscated:
                event = event.model_copy(update={"obfuscation": padding_for(event.delta)})
            yield event

    def fail(self, error: UnderstudyError) -> Iterator[ResponseEvent]:
        """Yield that the response has failed."""
        self.response = failed(self.response, error)
        yield StateEvent(
            type="response.failed", response=self.response, sequence_number=self._number()
        )

    def _opened(self, piece: AnswerPiece) -> OpenItem:
        index = len(self._output)
        match piece.delta:
            case TextDelta():
                return OpenText(index, self._number, self._renderer)
            case RefusalDelta():
                return OpenRefusal(index, self._number)
            case ReasoningDelta():
                return OpenReasoning(index, self._number, self._seal)
            case ToolCallDelta():
                return OpenCall(index, self._number, piece.delta)

    def _close(self, status: ItemStatus) -> Iterator[ResponseEvent]:
        if self._open is not None:
            yield from self._open.end(status)
            self._output.append(self._open.item(status))
            self._open = None

    def _finish(self, end: AnswerEnd) -> Iterator[ResponseEvent]:
        is_cut = end.finish_reason in ("length", "content_filter")
        is_silent = self._open is None or isinstance(self._open, OpenReasoning)
        if is_silent and not is_cut:
            # An answer of nothing is a message without text.
            yield from self._close("completed")
            self._open = OpenText(len(self._output), self._number, self._renderer)
            yield from self._open.begin()
        yield from self._close("incomplete" if is_cut else "completed")
        self.response = ended(self.response, self._output, end, self._prompt)
        yield StateEvent(
            type="response.incomplete" if is_cut else "response.completed",
            response=self.response,
            sequence_number=self._number(),
        )


def written(event: ResponseEvent) -> WrittenEvent:
    """Return an event as it is sent and kept."""
    return WrittenEvent(event.sequence_number, event.type, event.model_dump_json())
