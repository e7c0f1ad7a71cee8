"""The hyperparameters of a job as its row keeps them, and the numbers that a run uses."""

import math
from dataclasses import dataclass
from typing import Literal

from understudy.planning.auto import (
    auto_batch_size,
    auto_epochs,
    auto_multiplier,
    auto_pair_batch,
    auto_pair_epochs,
)
from understudy.registry.tuning import TrainedWeights

ReasoningEffort = Literal["default", "low", "medium", "high"]
"""How much a model may think before it answers, in runs that learn from graded answers."""


@dataclass(frozen=True, kw_only=True)
class JobHyperparameters:
    """Hyperparameters as they are requested and shown; None stands for "auto"."""

    n_epochs: int | None = None
    batch_size: int | None = None
    learning_rate_multiplier: float | None = None
    beta: float | None = None
    """Of runs over pairs alone."""
    sft_weight: float | None = None
    """Of runs over pairs alone; None leaves the term out."""
    compute_multiplier: float | None = None
    """Of runs over graded answers alone, like those that follow."""
    eval_interval: int | None = None
    """In steps."""
    eval_samples: int | None = None
    reasoning_effort: ReasoningEffort | None = None
    max_completion_tokens: int | None = None


@dataclass(frozen=True, kw_only=True)
class ResolvedHyperparameters:
    """Hyperparameters of a run over `example_count` examples: "auto" has become numbers."""

    requested: JobHyperparameters
    example_count: int
    n_epochs: int
    """Passes over the training file."""
    batch_size: int
    """Examples per optimizer step."""
    learning_rate_multiplier: float

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps of one pass; the last one may have fewer examples."""
        return math.ceil(self.example_count / self.batch_size)

    @property
    def total_steps(self) -> int:
        """Optimizer steps of the whole run."""
        return self.steps_per_epoch * self.n_epochs

    def as_job_hyperparameters(self) -> JobHyperparameters:
        """Return the numbers that the job shows once it runs."""
        return JobHyperparameters(
            n_epochs=self.n_epochs,
            batch_size=self.batch_size,
            learning_rate_multiplier=self.learning_rate_multiplier,
        )


def resolve(
    requested: JobHyperparameters,
    *,
    example_count: int,
    trained: TrainedWeights = TrainedWeights.LORA,
    is_of_pairs: bool = False,
) -> ResolvedHyperparameters:
    """Replace every "auto" by a number, for a run over `example_count` examples (at least one)."""
    if is_of_pairs:
        batch = requested.batch_size or auto_pair_batch(example_count)
        epochs = requested.n_epochs or auto_pair_epochs(example_count, batch)
        multiplier = 1.0
    else:
        epochs = requested.n_epochs or auto_epochs(example_count)
        batch = requested.batch_size or auto_batch_size(example_count, epochs, trained)
        multiplier = auto_multiplier(batch)
    return ResolvedHyperparameters(
        requested=requested,
        example_count=example_count,
        n_epochs=epochs,
        batch_size=batch,
        learning_rate_multiplier=requested.learning_rate_multiplier or multiplier,
    )
