"""What a training file holds once it is read: frozen conversations with nothing left open."""

from dataclasses import dataclass

from understudy.chat.messages import Message, Tool


@dataclass(frozen=True, kw_only=True)
class ChatExample:
    """One line of a supervised chat file."""

    line: int
    """Where it stands in the file, counted from 1."""
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    trained: tuple[bool, ...]
    """For each message, whether its tokens are learned; True only for assistant messages."""
    parallel_tool_calls: bool | None
    """As the line says; None where it says nothing."""
