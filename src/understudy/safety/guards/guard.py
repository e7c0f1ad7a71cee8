"""What one family of guard models is: its questions, its answers, and what it can judge."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from understudy.chat.messages import Image, Message, Role
from understudy.errors import InvalidRequestError
from understudy.registry.moderation import GuardFamily


@dataclass(frozen=True)
class Judged:
    """A part of a prompt that somebody else wrote: no control token may be read from it."""

    text: str


GuardPrompt = Sequence[str | Judged]
"""What a guard reads: our own text, in which control tokens stand, and what is judged."""


@dataclass(frozen=True, kw_only=True)
class GuardQuestion:
    """One question to a guard."""

    prompt: GuardPrompt
    categories: tuple[str, ...] = ()
    """Ours that a yes flags; empty where the answer itself names categories, or none is meant."""


@dataclass(frozen=True, kw_only=True)
class Guard:
    """One family of guard models."""

    family: GuardFamily
    ask: Callable[[Sequence[Message]], Sequence[GuardQuestion]]
    """From a conversation to the questions about its last message."""
    verdict: re.Pattern[str]
    """Finds the label in an answer, as its group 1."""
    labels: Mapping[str, bool]
    """Labels in lower case → whether they say that the text is unsafe."""
    listed: re.Pattern[str] | None
    """Finds the list of categories in an answer, as its group 1; None where none is written."""
    names: Mapping[str, tuple[str, ...]]
    """Categories as the guard names them → ours, of which there may be none."""
    judged_categories: frozenset[str]
    max_tokens: int
    """How long an answer may be."""


def text_of(message: Message) -> str:
    """Return all that a message says, calls of functions included.

    Raises InvalidRequestError for an image, which no guard here reads.
    """
    if any(isinstance(part, Image) for part in message.parts):
        raise InvalidRequestError(
            "The moderation model of this server reads no images, so a message with one cannot be "
            "judged; send its text alone.",
            code="unsupported_input",
        )
    calls = [f"{call.name}({call.arguments})" for call in message.tool_calls]
    return "\n".join([*([message.content] if message.content else []), *calls])


def is_answer(message: Message) -> bool:
    """Say whether a model wrote a message."""
    return message.role is Role.ASSISTANT
