"""What a moderation model says of a message: a score for each category that it can judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from understudy.chat.messages import Message

InputType = Literal["text", "image"]
INPUT_TYPES: Final[tuple[InputType, ...]] = ("text", "image")


@dataclass(frozen=True, kw_only=True)
class CategoryJudgement:
    """One category of one judged message."""

    score: float
    """Between 0 and 1; a probability where the moderation model gives one."""
    is_flagged: bool
    """The moderation model's own verdict; thresholds of a project are applied later."""
    applied_to: tuple[InputType, ...] = ("text",)
    """What of the message was judged in this category."""


@dataclass(frozen=True, kw_only=True)
class ModerationJudgement:
    """What was judged, and only that: a category that is missing was not judged, never clean."""

    moderator: str
    """The moderation model that judged."""
    categories: Mapping[str, CategoryJudgement]
    """Keys are of `MODERATION_CATEGORIES` or `RELEASE_CATEGORIES`."""
    is_flagged: bool
    """Whether the moderation model flags the text, also where it names no category we know."""


class Moderator(Protocol):
    """A moderation model: a local guard, a remote service, or a judge with a written policy."""

    @property
    def name(self) -> str:
        """Return the name that judgements carry."""
        ...

    @property
    def judged_categories(self) -> frozenset[str]:
        """Return the categories that this model can judge."""
        ...

    async def reads_images(self) -> bool:
        """Say whether it can be shown images; raises UnavailableError where it is not there."""
        ...

    async def check(self) -> None:
        """Raise an UnderstudyError when the moderation model cannot be asked."""
        ...

    async def judge(self, conversation: Sequence[Message]) -> ModerationJudgement:
        """Return the judgement of the conversation's last message, read after those before it.

        Raises an UnderstudyError when there is none: the model is away, slow, or its answer
        cannot be read. A failure is never a clean judgement.
        """
        ...
