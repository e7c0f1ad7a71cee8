"""Reinforcement on the wire: what is rewarded, the form of answers, and its hyperparameters."""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, StrictBool, Tag, model_validator
from pydantic_core import PydanticCustomError

from understudy.schemas.base import PositiveNumber, StrictRequest, WireObject
from understudy.schemas.chat.choices import FunctionName
from understudy.schemas.evals.graders import RewardGrader
from understudy.schemas.fine_tuning.hyperparameters import (
    Auto,
    AutoText,
    Hyperparameters,
    RequestedHyperparameters,
    branch,
)

ReasoningEffort = Literal["default", "low", "medium", "high"]

_Multiplier = Annotated[
    AutoText | Annotated[float, Field(gt=0.00001, le=10), Tag("<number>")], Discriminator(branch)
]
_Count = Annotated[AutoText | Annotated[PositiveNumber, Tag("<number>")], Discriminator(branch)]


class RequestedReinforcementHyperparameters(RequestedHyperparameters):
    """What a user asks for of a job that learns from graded answers."""

    reasoning_effort: ReasoningEffort | None = None
    compute_multiplier: _Multiplier | None = None
    eval_interval: _Count | None = None
    eval_samples: _Count | None = None
    max_completion_tokens: _Count | None = None
    """Ours, not OpenAI's: how long an answer may be in training."""


class FormatSchema(StrictRequest):
    """A JSON Schema for the text of answers."""

    name: FunctionName
    description: str | None = None
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    strict: StrictBool | None = None


class RequestedFormat(StrictRequest):
    """The form that answers are held to, as in requests for chat completions."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: FormatSchema | None = None

    @model_validator(mode="after")
    def _has_its_schema(self) -> Self:
        if (self.type == "json_schema") != (self.json_schema is not None):
            raise PydanticCustomError(
                "invalid_value", "'json_schema' goes with the type 'json_schema', and only with it."
            )
        return self


class RequestedReinforcement(StrictRequest):
    """Settings of learning from graded answers."""

    grader: RewardGrader
    response_format: RequestedFormat | None = None
    """Not in OpenAI's published schema, but in its guide and in users' programs."""
    shadow_grader: RewardGrader | None = None
    """Our own: grades held-out answers and trains nothing, so that a gamed reward shows."""
    preflight: StrictBool | None = None
    """Our own: false trains although the model's first answers show that nothing can be learned."""
    hyperparameters: RequestedReinforcementHyperparameters | None = None


class ReinforcementHyperparameters(Hyperparameters):
    """What such a job shows."""

    reasoning_effort: ReasoningEffort
    compute_multiplier: float | Auto
    eval_interval: int | Auto
    eval_samples: int | Auto
    max_completion_tokens: int | Auto


def _is_none(value: object) -> bool:
    return value is None


class ReinforcementMethod(WireObject):
    """Settings of learning from graded answers, as a job shows them."""

    grader: dict[str, Any]
    response_format: dict[str, Any] | None = Field(default=None, exclude_if=_is_none)
    shadow_grader: dict[str, Any] | None = Field(default=None, exclude_if=_is_none)
    preflight: bool = Field(default=True, exclude_if=bool)
    """Our own; absent where the model is tried before training, as usual."""
    hyperparameters: ReinforcementHyperparameters
