"""Hyperparameters of a job on the wire, where "auto" leaves the choice to the server."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from understudy.schemas.base import StrictRequest, WireObject

Auto = Literal["auto"]


def branch(value: object) -> str:
    """Tell "auto" from a number, for unions of the two."""
    return "<auto>" if isinstance(value, str) else "<number>"


# Tags in angle brackets name a branch of a union, not a field: they never reach an error's path.
AutoText = Annotated[Auto, Tag("<auto>")]

EpochCount = Annotated[
    AutoText | Annotated[int, Field(ge=1, le=50), Tag("<number>")], Discriminator(branch)
]
BatchSize = Annotated[
    AutoText | Annotated[int, Field(ge=1, le=256), Tag("<number>")], Discriminator(branch)
]
LearningRateMultiplier = Annotated[
    AutoText | Annotated[float, Field(gt=0), Tag("<number>")], Discriminator(branch)
]


class RequestedHyperparameters(StrictRequest):
    """What a user asks for; null and an absent field both mean "auto"."""

    n_epochs: EpochCount | None = None
    batch_size: BatchSize | None = None
    learning_rate_multiplier: LearningRateMultiplier | None = None


Beta = Annotated[
    AutoText | Annotated[float, Field(gt=0, le=2), Tag("<number>")], Discriminator(branch)
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
