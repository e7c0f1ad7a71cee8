"""What training files hold once they are read: one frozen value per format, nothing left open."""

from collections.abc import Sequence
from dataclasses import dataclass

from understudy.chat.messages import Image, JsonObject, Message, Tool


@dataclass(frozen=True, kw_only=True)
class UnseenImage:
    """An image that stands where nobody has looked yet: it is missing from its message's parts."""

    message: int
    """Which message it stands in, counted from 0."""
    address: str
    """An https URL, or the id of an uploaded file."""


@dataclass(frozen=True, kw_only=True)
class ChatExample:
    """One line of a supervised file: a conversation, or a prompt and its completion."""

    line: int
    """Where it stands in the file, counted from 1."""
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    trained: tuple[bool, ...]
    """For each message, whether its tokens are learned; True only for assistant messages."""
    parallel_tool_calls: bool | None
    """As the line says; None where it says nothing."""
    unseen: tuple[UnseenImage, ...] = ()
    """Never any where a job reads the file."""
    is_text: bool = False
    """Whether it is a prompt, as the user's message, and its completion, as the assistant's: one
    text, which no chat template surrounds."""


@dataclass(frozen=True, kw_only=True)
class PreferenceExample:
    """One line of a preference file: a conversation and two answers to it, one of them better."""

    line: int
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    parallel_tool_calls: bool | None
    preferred: Message
    non_preferred: Message


@dataclass(frozen=True, kw_only=True)
class ReinforcementExample:
    """One line of a reinforcement file: a conversation to answer, and what graders need to know."""

    line: int
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    item: JsonObject
    """Every other key of the line, which graders reach as `item.<key>`."""
    unseen: tuple[UnseenImage, ...] = ()


def is_illustrated(example: "Example") -> bool:
    """Say whether an example shows images, also such that nobody has looked at."""
    if not isinstance(example, (ChatExample, ReinforcementExample)):
        return False
    return bool(example.unseen) or any(message.parts for message in example.messages)


def images_of(messages: Sequence[Message]) -> tuple[Image, ...]:
    """Return the images of a conversation, in order."""
    return tuple(part for message in messages for part in message.parts if isinstance(part, Image))


Example = ChatExample | PreferenceExample | ReinforcementExample
