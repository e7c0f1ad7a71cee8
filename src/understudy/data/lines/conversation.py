"""From messages and tools as written to those of a conversation: legacy forms made new."""

from collections.abc import Iterable, Iterator, Sequence

from understudy.chat.messages import Image, Message, Role, Tool, ToolCall
from understudy.data.images.sources import ImageReference
from understudy.data.lines.chat import FunctionLine, ToolLine
from understudy.data.lines.content import Illustrated
from understudy.data.lines.course import follow, legacy_id
from understudy.data.lines.message import (
    AssistantLine,
    CallLine,
    FunctionResultLine,
    MessageLine,
    SystemLine,
    ToolCallLine,
    ToolResultLine,
    UserLine,
)


def to_messages(
    written: Sequence[MessageLine], images: Iterable[Image | None] = ()
) -> tuple[Message, ...]:
    """Return what was said, in a conversation of whose course nothing is wrong.

    `images` are those of all messages, in order; None is left out of its message.
    """
    # Results of tools name their call; only the form before tools has to be paired by order.
    has_legacy_results = any(message.role == "function" for message in written)
    answers = follow(written).answers if has_legacy_results else {}
    shown = iter(images)
    return tuple(
        _to_message(message, index, answers.get(index), shown)
        for index, message in enumerate(written)
    )


def to_tools(functions: Iterable[FunctionLine]) -> tuple[Tool, ...]:
    """Return the tools of a line, whichever way they were written."""
    return tuple(
        Tool(name=f.name, description=f.description, parameters=f.parameters) for f in functions
    )


def functions_of(tools: list[ToolLine] | None) -> list[FunctionLine]:
    """Return what `tools` holds."""
    return [tool.function for tool in tools] if tools else []


def has_images(written: Sequence[MessageLine]) -> bool:
    """Say whether any message holds a picture."""
    for message in written:  # noqa: SIM110 - twice as fast as any(), for every line of a file
        if type(message.content) is Illustrated:
            return True
    return False


def written_images(written: Sequence[MessageLine]) -> Iterator[tuple[int, ImageReference]]:
    """Return where the images of all messages stand, in order, each with its message's index."""
    for index, message in enumerate(written):
        if isinstance(message, UserLine) and isinstance(message.content, Illustrated):
            for image in message.content.images:
                yield index, image


def _to_message(
    written: MessageLine, index: int, answered: str | None, images: Iterator[Image | None]
) -> Message:
    match written:
        case SystemLine():
            return Message(role=Role.SYSTEM, content=written.content, name=written.name)
        case UserLine():
            said = written.content
            if not isinstance(said, Illustrated):
                return Message(role=Role.USER, content=said, name=written.name)
            return Message(
                role=Role.USER, content=said.text, parts=_parts(said, images), name=written.name
            )
        case AssistantLine():
            return Message(
                role=Role.ASSISTANT,
                content=written.said,
                reasoning=written.reasoning_content,
                name=written.name,
                tool_calls=_to_tool_calls(written, index),
            )
        case ToolResultLine():
            return Message(
                role=Role.TOOL,
                content=written.content,
                name=written.name,
                tool_call_id=written.tool_call_id,
            )
        case FunctionResultLine():
            return Message(
                role=Role.TOOL,
                content=written.content or "",
                name=written.name,
                tool_call_id=answered,
            )


def _parts(said: Illustrated, images: Iterator[Image | None]) -> tuple[str | Image, ...]:
    drawn = [part if isinstance(part, str) else next(images) for part in said.parts]
    seen = tuple(part for part in drawn if part is not None)
    return seen if any(isinstance(part, Image) for part in seen) else ()


def _to_tool_calls(written: AssistantLine, index: int) -> tuple[ToolCall, ...]:
    if written.function_call is not None:
        return (_to_tool_call(legacy_id(index), written.function_call),)
    return made_calls(written.tool_calls)


def made_calls(written: Sequence[ToolCallLine] | None) -> tuple[ToolCall, ...]:
    """Return the calls that `tool_calls` holds."""
    return tuple(_to_tool_call(call.id, call.function) for call in written or ())


def _to_tool_call(call_id: str, call: CallLine) -> ToolCall:
    return ToolCall(id=call_id, name=call.name, arguments=call.arguments)
