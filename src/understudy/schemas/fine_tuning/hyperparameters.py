"""Hyperparameters of a job on the wire, where "auto" leaves the choice to the server."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from understudy.schemas.base import StrictRequest, WireObject

Auto = Literal["auto"]


def _branch(value: object) -> str:
    return "<auto>" if isinstance(value, str) else "<number>"


# Tags in angle brackets name a branch of a union, not a field: they never reach an error's path.
_AutoText = Annotated[Auto, Tag("<auto>")]

EpochCount = Annotated[
    _AutoText | Annotated[int, Field(ge=1, le=50), Tag("<number>")], Discriminator(_branch)
]
BatchSize = Annotated[
    _AutoText | Annotated[int, Field(ge=1, le=256), Tag("<number>")], Discriminator(_branch)
]
LearningRateMultiplier = Annotated[
    _AutoText | Annotated[float, Field(gt=0), Tag("<number>")], Discriminator(_branch)
]


class RequestedHyperparameters(StrictRequest):
    """What a user asks for; null and an absent field both mean "auto"."""

    n_epochs: EpochCount | None = None
    batch_size: BatchSize | None = None
    learning_rate_multiplier: LearningRateMultiplier | None = None


Beta = Annotated[
    _AutoText | Annotated[float, Field(gt=0, le=2), Tag("<number>")], Discriminator(_branch)
]


class RequestedPreferenceHyperparameters(RequestedHyperparameters):
    """What a user asks for of a job over pairs of answers."""

    beta: Beta | None = None
    sft_weight: Annotated[float, Field(ge=0, le=10)] | None = None
    """Ours, not OpenAI's: the weight of the preferred answers' cross-entropy beside the loss."""


class Hyperparameters(WireObject):
    """What a job shows: "auto" until it runs, then the numbers it was resolved to."""

    n_epochs: int | Auto
    batch_size: int | Auto
    learning_rate_multiplier: float | Auto


class PreferenceHyperparameters(Hyperparameters):
    """What a job over pairs of answers shows."""

    beta: float | Auto
    sft_weight: float = Field(default=0.0, exclude_if=lambda weight: not weight)
    """Ours; absent where the term is left out."""
