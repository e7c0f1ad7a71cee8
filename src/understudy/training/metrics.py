"""What a training step measured: as the run reports it and as a job keeps it; no torch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

RUN = "run"
"""The detail of a step with its learning rate, its gradient's norm and the tokens it read."""


@dataclass(frozen=True, kw_only=True)
class StepMetrics:
    """What is known after one step; losses are means in nats, accuracies shares of tokens.

    The names are those of the API's metrics, and of the stored events.
    """

    step: int
    """Counted from 1."""
    total_steps: int
    train_loss: float
    train_mean_token_accuracy: float | None = None
    """None for methods that do not learn token by token."""
    valid_loss: float | None = None
    """On a small batch of the validation file, at intervals."""
    valid_mean_token_accuracy: float | None = None
    full_valid_loss: float | None = None
    """On the whole validation file, at the end of an epoch."""
    full_valid_mean_token_accuracy: float | None = None
    more: Mapping[str, float] = field(default_factory=dict[str, float])
    """What only some methods measure, under the names of its metrics: `train_reward_margin`."""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What is kept in the step's event alone: objects of more numbers, by their names there."""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "StepMetrics":
        """Read what `measured` and the total of steps say, as stored events hold them."""
        own = {each.name for each in fields(cls)}
        known = {name: value for name, value in data.items() if name in own}
        rest = {name: value for name, value in data.items() if name not in own}
        details = {name: value for name, value in rest.items() if isinstance(value, Mapping)}
        more = {name: value for name, value in rest.items() if name not in details}
        return cls(**known, more=more, details=details)

    def measured(self) -> Mapping[str, float]:
        """Return the step and what was measured at it; what was not measured is left out."""
        values = asdict(self)
        del values["total_steps"], values["details"]
        values |= values.pop("more")
        return {name: value for name, value in values.items() if value is not None}
