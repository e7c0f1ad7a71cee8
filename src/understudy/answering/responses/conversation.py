"""Items of Responses as the conversation that a model sees."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from understudy.answering.shown_images import NOT_HERE, shown_image
from understudy.chat.messages import Image, ImageDetail, Message, Role, ToolCall
from understudy.data.files.strict_json import parse_object
from understudy.data.images.sources import ImageReference, ImageSource
from understudy.errors import InvalidRequestError
from understudy.schemas.responses.items import (
    CompactionItem,
    FunctionCallItem,
    FunctionCallOutputItem,
    InputImage,
    Item,
    MessageItem,
    MessagePart,
    ReasoningItem,
    RefusalPart,
)
from understudy.wording import worded

ASKED_FOR_SUMMARY = (
    "Summarize our conversation so far, for yourself: you will continue it with this summary and "
    "without its text. Keep every fact, name, number, decision, result and open task."
)
"""What a model is asked when a conversation is compacted, and what its summary then answers.

Every chat template has a place for a question with its answer.
"""


def conversation_of(
    items: Sequence[Item], instructions: str | None, images: ImageSource = NOT_HERE
) -> tuple[Message, ...]:
    """Return the turns of a conversation, after the instructions for this one answer; blocks.

    Raises InvalidRequestError for calls without results and results without calls, and for images
    that cannot be shown any more.
    """
    turns = _Turns()
    if instructions is not None:
        turns.done.append(Message(role=Role.SYSTEM, content=instructions))
    for item in items:
        match item:
            case MessageItem(role="assistant"):
                turns.say(_text(item))
            case MessageItem():
                turns.hear(_heard(item, images))
            case ReasoningItem():
                turns.think("".join(part.text for part in item.content))
            case CompactionItem():
                turns.hear(Message(role=Role.USER, content=ASKED_FOR_SUMMARY))
                turns.say(item.content)
            case FunctionCallItem():
                turns.call(item)
            case FunctionCallOutputItem():
                turns.answer_call(item)
    return turns.end()


@dataclass
class _Assistant:
    """A turn of the assistant, which several items make up."""

    reasoning: str | None = None
    content: str | None = None
    calls: list[ToolCall] = field(default_factory=list[ToolCall])

    def message(self) -> Message:
        content = self.content if self.calls else self.content or ""
        return Message(
            role=Role.ASSISTANT,
            content=content,
            reasoning=self.reasoning,
            tool_calls=tuple(self.calls),
        )


class _Turns:
    """Gathers items into turns: what an assistant thinks, says and calls at once is one turn."""

    def __init__(self) -> None:
        self.done: list[Message] = []
        self._assistant: _Assistant | None = None
        self._open_calls: list[str] = []

    def think(self, text: str) -> None:
        turn = self._speaking(is_begun_anew=self._has_spoken())
        turn.reasoning = (turn.reasoning or "") + text

    def say(self, text: str) -> None:
        turn = self._speaking(is_begun_anew=self._has_spoken())
        turn.content = (turn.content or "") + text

    def call(self, item: FunctionCallItem) -> None:
        try:
            parse_object(item.arguments.encode())
        except ValueError:
            raise InvalidRequestError(
                worded(
                    "chat.function_call_cut_off",
                    "The function call {call_id} was cut off in the middle, so the "
                    "response that it belongs to cannot be continued.",
                    call_id=item.call_id,
                ),
                param="previous_response_id",
            ) from None
        turn = self._speaking(is_begun_anew=False)
        turn.calls.append(ToolCall(id=item.call_id, name=item.name, arguments=item.arguments))

    def hear(self, message: Message) -> None:
        self._close()
        self._refuse_open_calls()
        self.done.append(message)

    def answer_call(self, item: FunctionCallOutputItem) -> None:
        self._close()
        if item.call_id not in self._open_calls:
            raise InvalidRequestError(
                worded(
                    "chat.no_tool_call_found",
                    "No tool call found for function call output with call_id {call_id}.",
                    call_id=item.call_id,
                ),
                param="input",
            )
        self._open_calls.remove(item.call_id)
        output = item.output
        text = output if isinstance(output, str) else "".join(part.text for part in output)
        self.done.append(Message(role=Role.TOOL, content=text, tool_call_id=item.call_id))

    def end(self) -> tuple[Message, ...]:
        self._close()
        self._refuse_open_calls()
        return tuple(self.done)

    def _has_spoken(self) -> bool:
        """Say whether the open turn has all that a turn without calls can have."""
        turn = self._assistant
        return turn is not None and turn.content is not None and not turn.calls

    def _speaking(self, *, is_begun_anew: bool) -> _Assistant:
        if is_begun_anew:
            self._close()
        if self._assistant is None:
            self._refuse_open_calls()
            self._assistant = _Assistant()
        return self._assistant

    def _close(self) -> None:
        if self._assistant is not None:
            self.done.append(self._assistant.message())
            self._open_calls = [call.id for call in self._assistant.calls]
            self._assistant = None

    def _refuse_open_calls(self) -> None:
        if self._open_calls:
            raise InvalidRequestError(
                worded(
                    "chat.no_tool_output_found",
                    "No tool output found for function call {open_calls}.",
                    open_calls=self._open_calls[0],
                ),
                param="input",
            )


def _heard(item: MessageItem, images: ImageSource) -> Message:
    role = Role.USER if item.role == "user" else Role.SYSTEM
    if not any(isinstance(part, InputImage) for part in item.content):
        return Message(role=role, content=_text(item))
    parts = tuple(
        _image(part, images) if isinstance(part, InputImage) else _said(part)
        for part in item.content
    )
    return Message(role=role, content=_text(item), parts=parts)


def _image(part: InputImage, images: ImageSource) -> Image:
    reference = ImageReference(address=part.image_url, detail=ImageDetail(part.detail))
    return shown_image(images, reference, "input")


def _text(item: MessageItem) -> str:
    return "".join(_said(part) for part in item.content)


def _said(part: MessagePart) -> str:
    match part:
        case InputImage():
            return ""
        case RefusalPart():
            return part.refusal
        case _:
            return part.text
