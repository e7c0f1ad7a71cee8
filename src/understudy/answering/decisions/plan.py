"""Validated decisions: a conversation, and questions whose options are texts that a model says."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from understudy.answering.decisions.input import messages_of, text_of
from understudy.answering.required import required
from understudy.chat.messages import Message
from understudy.data.images.sources import ImageSource
from understudy.errors import InvalidRequestError
from understudy.schemas.decisions import ChoiceValue, CreateDecision, WireQuestion
from understudy.wording import worded


class Kind(StrEnum):
    """What a question asks for."""

    PREDICATE = "predicate"
    CHOICE = "choice"
    SCORE = "score"


@dataclass(frozen=True, kw_only=True)
class Option:
    """One of the answers that a question has."""

    text: str
    """What a model says to give this answer."""
    value: ChoiceValue
    """What the answer carries; the label of a level, and whether a predicate is true."""
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question with all of its answers."""

    kind: Kind
    path: str
    """Where it stands in the request."""
    name: str | None
    instructions: str
    """Empty where the conversation says everything."""
    options: tuple[Option, ...]
    """At least two with different texts; levels from the lowest, of a predicate true first."""


@dataclass(frozen=True, kw_only=True)
class DecisionPlan:
    """What is decided about what."""

    messages: tuple[Message, ...]
    questions: tuple[Question, ...]


YES = Option(text="Yes", value=True)
NO = Option(text="No", value=False)


def plan_decision(body: CreateDecision, images: ImageSource) -> DecisionPlan:
    """Validate a request; blocks for its images. Raises InvalidRequestError with the place."""
    messages = messages_of(required(body.input, "input"), images)
    questions = required(body.questions, "questions")
    return DecisionPlan(
        messages=messages,
        questions=tuple(_question(each, f"questions[{at}]") for at, each in enumerate(questions)),
    )


def _question(wire: WireQuestion, path: str) -> Question:
    options = _options(wire, path)
    _check_texts(options, path, "levels" if wire.type == Kind.SCORE else "choices")
    return Question(
        kind=Kind(wire.type),
        path=path,
        name=wire.name,
        instructions=text_of(wire.instructions, f"{path}.instructions").strip(),
        options=options,
    )


def _options(wire: WireQuestion, path: str) -> tuple[Option, ...]:
    if wire.type == Kind.PREDICATE:
        return (YES, NO)
    if wire.type == Kind.SCORE:
        levels = required(wire.levels, f"{path}.levels")
        return tuple(
            Option(text=each.label, value=each.label, description=each.description)
            for each in levels
        )
    choices = required(wire.choices, f"{path}.choices")
    texts = _texts([each.value for each in choices])
    return tuple(
        Option(text=text, value=each.value, description=each.description)
        for text, each in zip(texts, choices, strict=True)
    )


def _texts(values: Sequence[ChoiceValue]) -> list[str]:
    """Return what is said for each value: a text itself, and JSON where `true` is not "true"."""
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    if len(set(texts)) == len(texts):
        return texts
    return [json.dumps(value, ensure_ascii=False) for value in values]


def _check_texts(options: Sequence[Option], path: str, field: str) -> None:
    seen: set[str] = set()
    part = "label" if field == "levels" else "value"
    for at, option in enumerate(options):
        place = f"{path}.{field}[{at}].{part}"
        if not option.text.strip():
            raise InvalidRequestError(
                worded(
                    "chat.empty_answer_said_give",
                    "Invalid '{place}': it is empty, and an answer has to be said; give it a text.",
                    place=place,
                ),
                code="invalid_value",
                param=place,
            )
        if option.text in seen:
            raise InvalidRequestError(
                worded(
                    "chat.there_twice_each_unique",
                    "Invalid '{place}': {words} is there twice; each has to be unique.",
                    place=place,
                    words=repr(option.text[:100]),
                ),
                code="invalid_value",
                param=place,
            )
        seen.add(option.text)
