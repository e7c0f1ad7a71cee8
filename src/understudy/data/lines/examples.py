"""From lines as written to the examples that training works with."""

from collections.abc import Sequence

from understudy.chat.messages import Image, Message, Role
from understudy.data.examples import (
    ChatExample,
    Example,
    PreferenceExample,
    ReinforcementExample,
    UnseenImage,
)
from understudy.data.lines.chat import ChatLine
from understudy.data.lines.checks import Line, is_trained
from understudy.data.lines.completion import CompletionLine
from understudy.data.lines.conversation import (
    functions_of,
    made_calls,
    to_messages,
    to_tools,
    written_images,
)
from understudy.data.lines.message import MessageLine
from understudy.data.lines.preference import AnswerLine, PreferenceLine
from understudy.data.lines.reinforcement import ReinforcementLine

Images = Sequence[Image | None]
"""The images of a line in their order; None for those that nobody has looked at."""


def to_example(line: Line, number: int, images: Images = ()) -> Example:
    """Return what line `number` of a file says, when nothing is wrong with it."""
    match line:
        case ChatLine():
            return to_chat_example(line, number, images)
        case CompletionLine():
            return _to_text(line, number)
        case PreferenceLine():
            return _to_preference(line, number)
        case ReinforcementLine():
            return _to_reinforcement(line, number, images)


def to_chat_example(line: ChatLine, number: int, images: Images = ()) -> ChatExample:
    """Return the conversation of a chat line."""
    return ChatExample(
        line=number,
        messages=to_messages(line.messages, images),
        tools=to_tools(functions_of(line.tools) + (line.functions or [])),
        trained=tuple(map(is_trained, line.messages)),
        parallel_tool_calls=line.parallel_tool_calls,
        unseen=_unseen(line.messages, images),
    )


def _to_text(line: CompletionLine, number: int) -> ChatExample:
    return ChatExample(
        line=number,
        messages=(
            Message(role=Role.USER, content=line.prompt),
            Message(role=Role.ASSISTANT, content=line.completion),
        ),
        tools=(),
        trained=(False, True),
        parallel_tool_calls=None,
        is_text=True,
    )


def _to_preference(line: PreferenceLine, number: int) -> PreferenceExample:
    return PreferenceExample(
        line=number,
        messages=to_messages(line.input.messages),
        tools=to_tools(functions_of(line.input.tools)),
        parallel_tool_calls=line.input.parallel_tool_calls,
        preferred=_answer(line.preferred[0]),
        non_preferred=_answer(line.non_preferred[0]),
    )


def _answer(written: AnswerLine) -> Message:
    return Message(
        role=Role.ASSISTANT,
        content=written.said or None,
        name=written.name,
        tool_calls=made_calls(written.tool_calls),
    )


def _to_reinforcement(line: ReinforcementLine, number: int, images: Images) -> ReinforcementExample:
    return ReinforcementExample(
        line=number,
        messages=to_messages(line.messages, images),
        tools=to_tools(functions_of(line.tools)),
        item=line.model_extra or {},
        unseen=_unseen(line.messages, images),
    )


def _unseen(messages: Sequence[MessageLine], images: Images) -> tuple[UnseenImage, ...]:
    if not images:
        return ()
    written = zip(written_images(messages), images, strict=True)
    return tuple(
        UnseenImage(message=index, address=reference.address)
        for (index, reference), image in written
        if image is None
    )
