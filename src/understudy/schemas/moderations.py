"""Moderations on the wire: texts in, and for each a verdict, scores, and what was not judged."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Tag

from understudy.schemas.base import StrictRequest, WireObject

MODERATION_CATEGORIES: Final = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
"""What `POST /v1/moderations` answers for."""


def _kind_of_input(value: object) -> str:
    return "<list>" if isinstance(value, list) else "<text>"


class CreateModeration(StrictRequest):
    """The body of `POST /v1/moderations`."""

    input: (
        Annotated[
            Annotated[str, Tag("<text>")] | Annotated[list[Any], Tag("<list>")],
            Discriminator(_kind_of_input),
        ]
        | None
    ) = None
    """A text, texts, or the parts of one text."""
    model: str | None = None


class ModerationResult(WireObject):
    """What was found in one input."""

    flagged: bool
    categories: Mapping[str, bool]
    category_scores: Mapping[str, float]
    category_applied_input_types: Mapping[str, Sequence[Literal["text", "image"]]]
    """Empty for a category that was not judged."""
    not_evaluated: Sequence[str]
    """Ours: the categories that the moderation model cannot judge; false says nothing there."""
    other_flagged: Sequence[str]
    """Ours: flagged categories that are none of these thirteen, such as advice."""


class ModerationAnswer(WireObject):
    """The answer of `POST /v1/moderations`."""

    id: str
    model: str
    results: Sequence[ModerationResult]
