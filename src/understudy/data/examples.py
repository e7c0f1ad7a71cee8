"""What training files hold once they are read: one frozen value per format, nothing left open."""

from dataclasses import dataclass
from typing import Literal

from understudy.chat.messages import JsonObject, Message, Tool


@dataclass(frozen=True, kw_only=True)
class ImagePart:
    """A picture in what a user says; its bytes stay in the address until somebody needs them."""

    message: int
    """Which message it stands in, counted from 0."""
    offset: int
    """How many characters of that message's text come before it."""
    url: str
    """An https, http or data URL."""
    detail: Literal["auto", "low", "high"]


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
    images: tuple[ImagePart, ...] = ()
    """The pictures of all messages, in order."""


@dataclass(frozen=True, kw_only=True)
class CompletionExample:
    """One line of a prompt and completion file."""

    line: int
    prompt: str
    completion: str


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
    images: tuple[ImagePart, ...] = ()


Example = ChatExample | CompletionExample | PreferenceExample | ReinforcementExample
