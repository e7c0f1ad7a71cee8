"""Moderations on the wire: texts in, and for each a verdict, scores, and what was not judged."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Tag

from understudy.schemas.base import StrictRequest, TolerantRequest, WireObject

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


class ModerationMode(TolerantRequest):
    """What becomes of what is flagged."""

    mode: Literal["score", "block"]


class InlinePolicy(TolerantRequest):
    """What is judged of a request, and what becomes of it; null scores."""

    input: ModerationMode | None = None
    output: ModerationMode | None = None


class InlineModeration(TolerantRequest):
    """The `moderation` of a chat or Responses request: both ways are judged."""

    model: str
    policy: InlinePolicy | None = None


class InlineResult(WireObject):
    """What was found in a request's input or in an answer."""

    type: Literal["moderation_result"] = "moderation_result"
    model: str
    flagged: bool
    categories: Mapping[str, bool]
    category_scores: Mapping[str, float]
    category_applied_input_types: Mapping[str, Sequence[Literal["text", "image"]]]
    not_evaluated: Sequence[str]
    other_flagged: Sequence[str]


class InlineResults(WireObject):
    """What was found, in Chat Completions: one result for the input, one for each choice."""

    type: Literal["moderation_results"] = "moderation_results"
    model: str
    results: Sequence[InlineResult]


class InlineError(WireObject):
    """Why something was not judged."""

    type: Literal["error"] = "error"
    code: str
    message: str


class ChatModeration(WireObject):
    """The `moderation` of a chat completion."""

    input: InlineResults | InlineError
    output: InlineResults | InlineError


class ResponseModeration(WireObject):
    """The `moderation` of a response."""

    input: InlineResult | InlineError
    output: InlineResult | InlineError
