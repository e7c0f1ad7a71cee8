"""What a job's owner asked of the training, and the numbers it became."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class RequestedHyperparameters:
    """Hyperparameters as they were asked for; None stands for "auto"."""

    n_epochs: int | None = None
    batch_size: int | None = None
    learning_rate_multiplier: float | None = None


@dataclass(frozen=True, kw_only=True)
class ResolvedHyperparameters:
    """Hyperparameters as the run uses them."""

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float


def to_json(values: RequestedHyperparameters | ResolvedHyperparameters) -> dict[str, Any]:
    """Return hyperparameters as a row keeps them."""
    return asdict(values)


def requested_from_json(stored: Mapping[str, Any]) -> RequestedHyperparameters:
    """Read what was asked for from a row."""
    return RequestedHyperparameters(**stored)
