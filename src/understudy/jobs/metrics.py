"""What a training step measured: as it is reported, and as it is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class StepMetrics(Protocol):
    """What one optimizer step measured; None where there was no validation."""

    @property
    def step(self) -> int:
        """Steps done, this one included."""
        ...

    @property
    def total_steps(self) -> int:
        """Steps of the whole run."""
        ...

    @property
    def train_loss(self) -> float:
        """Mean loss over the trained tokens of the step, in nats."""
        ...

    @property
    def train_mean_token_accuracy(self) -> float:
        """Share of trained tokens that were the model's first choice."""
        ...

    @property
    def valid_loss(self) -> float | None:
        """Loss on a few validation examples."""
        ...

    @property
    def valid_mean_token_accuracy(self) -> float | None:
        """Accuracy on a few validation examples."""
        ...

    @property
    def full_valid_loss(self) -> float | None:
        """Loss on the whole validation file."""
        ...

    @property
    def full_valid_mean_token_accuracy(self) -> float | None:
        """Accuracy on the whole validation file."""
        ...


@dataclass(frozen=True, kw_only=True)
class RecordedStep:
    """A step's metrics as they are recorded, whichever attempt measured them."""

    step: int
    total_steps: int
    train_loss: float
    train_mean_token_accuracy: float
    valid_loss: float | None = None
    valid_mean_token_accuracy: float | None = None
    full_valid_loss: float | None = None
    full_valid_mean_token_accuracy: float | None = None


def metrics_of(step: StepMetrics) -> Mapping[str, float]:
    """Return the metrics that a checkpoint shows; what was not measured is left out."""
    values = {
        "step": step.step,
        "train_loss": step.train_loss,
        "train_mean_token_accuracy": step.train_mean_token_accuracy,
        "valid_loss": step.valid_loss,
        "valid_mean_token_accuracy": step.valid_mean_token_accuracy,
        "full_valid_loss": step.full_valid_loss,
        "full_valid_mean_token_accuracy": step.full_valid_mean_token_accuracy,
    }
    return {name: value for name, value in values.items() if value is not None}
