"""The only training loop: steps in, updated weights and one outcome a step out."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from understudy.errors import JobFailedError
from understudy.training.batching import MicroBatch, OptimizerStep
from understudy.training.losses import LossSum


class Optimizer(Protocol):
    """What the loop needs of an optimizer; it owns the parameters."""

    def zero_grad(self) -> None:
        """Forget the gradients of the last step."""
        ...

    def step(self, learning_rate: float) -> float:
        """Update the weights once and return the gradient's norm."""
        ...


@dataclass(frozen=True)
class StepOutcome:
    """What one update saw, before it changed the weights."""

    step: int
    loss: float
    """Mean over the step's trained tokens, in nats."""
    token_accuracy: float
    """Share of the trained tokens that were the model's first choice."""
    gradient_norm: float


def run_steps(
    steps: Iterable[OptimizerStep],
    loss_of: Callable[[MicroBatch], LossSum],
    optimizer: Optimizer,
    learning_rate_at: Callable[[int], float],
    after_step: Callable[[StepOutcome], None],
) -> None:
    """Update the weights once a step and report each to `after_step`, which may end the run.

    Raises JobFailedError when the loss or its gradient is not a number any more.
    """
    for step in steps:
        optimizer.zero_grad()
        loss = 0.0
        correct = 0
        for micro_batch in step.micro_batches:
            part = loss_of(micro_batch)
            # Divide by the tokens of the whole step, not of this slice: otherwise the result
            # depends on how the batch was cut to fit in memory.
            (part.loss / step.trained_tokens).backward()
            loss += part.loss.item()
            correct += int(part.correct)
        mean_loss = loss / step.trained_tokens
        _refuse_unless_finite("loss", mean_loss, step.number)
        norm = optimizer.step(learning_rate_at(step.number))
        # The weights are ruined by now, but they are not saved.
        _refuse_unless_finite("gradient", norm, step.number)
        after_step(StepOutcome(step.number, mean_loss, correct / step.trained_tokens, norm))


def _refuse_unless_finite(what: str, value: float, step: int) -> None:
    if not math.isfinite(value):
        raise JobFailedError(
            f"The training {what} became {value} at step {step}. "
            "Use a smaller learning_rate_multiplier.",
            code="training_diverged",
            param="hyperparameters.learning_rate_multiplier",
        )
