"""Decisions on the wire: one input and questions with fixed answers in, probabilities out."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StrictBool, StrictStr, Tag

from understudy.schemas.base import TolerantRequest, WireObject
from understudy.schemas.chat.request import Detail

MAX_QUESTIONS = 400
MAX_CHOICES = 255
MAX_LEVELS = 10

_Text = Annotated[str, Tag("<text>")]


def _text_or_array(value: object) -> str:
    return "<array>" if isinstance(value, list) else "<text>"


class DecisionPart(TolerantRequest):
    """A part of a content; which types are read depends on where it stands."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: str | None = None
    detail: Detail | None = None
    data: Any = None
    """JSON of a part of type `input_json`."""


DecisionContent = Annotated[
    _Text | Annotated[list[DecisionPart], Tag("<array>")], Discriminator(_text_or_array)
]


class DecisionItem(TolerantRequest):
    """One item of the conversation that is decided about."""

    type: str | None = None
    """Absent on a message."""
    id: str | None = None
    role: str | None = None
    content: DecisionContent | None = None
    phase: Literal["commentary", "final_answer"] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: DecisionContent | None = None


DecisionInput = Annotated[
    _Text | Annotated[list[DecisionItem], Field(min_length=1, max_length=2048), Tag("<array>")],
    Discriminator(_text_or_array),
]

ChoiceValue = StrictStr | StrictBool
"""A text and a boolean with the same text are two values."""


class WireChoice(TolerantRequest):
    """One of the values of which one is chosen."""

    value: ChoiceValue
    description: str | None = None


class WireLevel(TolerantRequest):
    """One level of a scale."""

    label: str
    description: str | None = None


class WireQuestion(TolerantRequest):
    """A question; which fields its type needs is checked with all the others."""

    type: Literal["predicate", "choice", "score"]
    instructions: DecisionContent
    name: str | None = None
    choices: Annotated[list[WireChoice], Field(min_length=2, max_length=MAX_CHOICES)] | None = None
    levels: Annotated[list[WireLevel], Field(min_length=2, max_length=MAX_LEVELS)] | None = None


class CreateDecision(TolerantRequest):
    """The body of `POST /v1/decisions`."""

    model: str | None = None
    input: DecisionInput | None = None
    questions: (
        Annotated[list[WireQuestion], Field(min_length=1, max_length=MAX_QUESTIONS)] | None
    ) = None
    # Say something about the caller or the cache; the answers are the same with and without.
    prompt_cache_key: str | None = None
    prompt_cache_options: Any = None
    safety_identifier: str | None = None


class _Answer(WireObject):
    """What every answer has."""

    name: str | None
    label_mass: float
    """Ours: how likely the model says any of the options at all, before the temperature."""
    temperature: float
    """Ours: what the log-probabilities of the options are divided by; 1 where none was fitted."""
    as_trained: bool
    """Ours: whether the model was asked as its training file asks, because it was taught to say
    these very options."""


class PredicateAnswer(_Answer):
    """How likely a statement is true."""

    type: Literal["predicate"] = "predicate"
    probability: float


class ChoiceProbability(WireObject):
    """How likely one choice is."""

    value: ChoiceValue
    probability: float


class ChoiceAnswer(_Answer):
    """The likeliest choice, and how likely each is."""

    type: Literal["choice"] = "choice"
    choice: ChoiceValue
    confidence: float
    probabilities: Sequence[ChoiceProbability]


class LevelProbability(WireObject):
    """How likely one level is."""

    label: str
    value: int
    """The place of the level, counted from 0."""
    probability: float


class ScoreAnswer(_Answer):
    """The expected level, and how likely each is."""

    type: Literal["score"] = "score"
    score: float
    """The mean of the levels' values, weighed by their probabilities."""
    confidence: float
    """The probability of the likeliest level."""
    probabilities: Sequence[LevelProbability]


DecisionAnswer = PredicateAnswer | ChoiceAnswer | ScoreAnswer


class DecisionInputDetails(WireObject):
    """Of the tokens that were read."""

    cached_tokens: int
    cache_write_tokens: int = 0


class DecisionOutputDetails(WireObject):
    """Of the tokens that were written."""

    reasoning_tokens: int = 0


class DecisionUsage(WireObject):
    """Tokens that were read; none are written, since options are only scored."""

    input_tokens: int
    input_tokens_details: DecisionInputDetails
    output_tokens: int = 0
    output_tokens_details: DecisionOutputDetails = DecisionOutputDetails()
    total_tokens: int


class Decision(WireObject):
    """The answers to all questions, in their order."""

    model: str
    answers: Sequence[DecisionAnswer]
    usage: DecisionUsage
