"""The only training loop: steps in, updated weights and one outcome a step out."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch
from torch import Tensor

from understudy.errors import JobFailedError
from understudy.wording import worded

Batch = TypeVar("Batch")
BatchOf = TypeVar("BatchOf", covariant=True)


class Step(Protocol[BatchOf]):
    """What one update is computed from, whatever the method of training."""

    @property
    def number(self) -> int:
        """Counted from 1."""
        ...

    @property
    def micro_batches(self) -> Sequence[BatchOf]:
        """What fits in memory at once, one after the other; none where a step has no gradient."""
        ...

    @property
    def denominator(self) -> float:
        """What sums over the whole step are divided by: its trained tokens."""
        ...


class Sums(Protocol):
    """What a method computes of one micro-batch: sums, not means."""

    @property
    def loss(self) -> Tensor:
        """What is made smaller; carries the graph."""
        ...

    @property
    def measures(self) -> Mapping[str, Tensor]:
        """What else is reported of the step, without a graph; the same names every time."""
        ...


class Optimizer(Protocol):
    """What the loop needs of an optimizer; it owns the parameters."""

    def zero_grad(self) -> None:
        """Forget the gradients of the last step."""
        ...

    def step(self, learning_rate: float) -> Tensor:
        """Update the weights once and return the gradient's norm, wherever it was computed."""
        ...


@dataclass(frozen=True)
class StepOutcome:
    """What one update saw, before it changed the weights."""

    step: int
    loss: float
    """Mean over the step."""
    measures: Mapping[str, float]
    """What the method measured, as means over the step."""
    gradient_norm: float


def run_steps(
    steps: Iterable[Step[Batch]],
    loss_of: Callable[[Batch], Sums],
    optimizer: Optimizer,
    learning_rate_at: Callable[[int], float],
    after_step: Callable[[StepOutcome], None],
) -> None:
    """Update the weights once a step and report each to `after_step`, which may end the run.

    A method of training is its steps and its `loss_of`; nothing here knows which one it is.

    Raises JobFailedError when the loss or its gradient is not a number any more.
    """
    for step in steps:
        if not step.micro_batches:
            # Nothing follows from such a step, and momentum alone shall not move the weights.
            after_step(StepOutcome(step.number, 0.0, {}, 0.0))
            continue
        optimizer.zero_grad()
        parts: list[Tensor] = []
        names: Sequence[str] = ()
        for micro_batch in step.micro_batches:
            sums = loss_of(micro_batch)
            # Divide by the weight of the whole step, not of this slice: otherwise the result
            # depends on how the batch was cut to fit in memory.
            (sums.loss / step.denominator).backward()
            names = tuple(sums.measures)
            values = (sums.loss.detach(), *sums.measures.values())
            parts.append(torch.stack([value.double() for value in values]))
        norm = optimizer.step(learning_rate_at(step.number))
        means = torch.stack(parts).sum(0) / step.denominator
        # The only place of a step that waits for the device: everything is fetched at once.
        loss, *measures, gradient_norm = torch.cat([means, norm.double()[None]]).tolist()
        # The weights are ruined by now if it is not one, but they are not saved.
        _refuse_unless_finite("loss", loss, step.number)
        _refuse_unless_finite("gradient", gradient_norm, step.number)
        outcome = dict(zip(names, measures, strict=True))
        after_step(StepOutcome(step.number, loss, outcome, gradient_norm))


def _refuse_unless_finite(what: str, value: float, step: int) -> None:
    if not math.isfinite(value):
        raise JobFailedError(
            worded(
                "job.diverged.not_finite",
                "The training {quantity} became {value} at step {step}. Use a "
                "smaller learning_rate_multiplier.",
                quantity=what,
                value=value,
                step=step,
            ),
            code="training_diverged",
            param="hyperparameters.learning_rate_multiplier",
        )
