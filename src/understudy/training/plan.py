"""Every "auto" resolved once, into a plan with nothing left open."""

import math
from dataclasses import dataclass, field, replace

from understudy.errors import InvalidRequestError
from understudy.planning.auto import auto_batch_size, auto_epochs
from understudy.planning.learning_rate import auto_learning_rate
from understudy.planning.words import batch_size_in_words, epochs_in_words, multiplier_in_words
from understudy.registry.tuning import LoraTuning, Tuning, tuning_in_words
from understudy.training.execution import Execution

_USUAL_TUNING = LoraTuning()


@dataclass(frozen=True, kw_only=True)
class RequestedHyperparameters:
    """What the user asked for; None stands for "auto"."""

    n_epochs: int | None
    batch_size: int | None
    learning_rate_multiplier: float | None


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """Everything a supervised run needs, decided."""

    epochs: int
    """Passes over the training file."""
    batch_size: int
    """Examples per optimizer step."""
    learning_rate_multiplier: float
    """The factor the job echoes."""
    learning_rate: float
    """The peak of the schedule, the multiplier included."""
    warmup_steps: int
    total_steps: int
    steps_per_epoch: int
    tuning: Tuning
    seed: int
    execution: Execution = field(default_factory=Execution)
    choices: str
    """The hyperparameters and how each was chosen, in words for the job's owner."""

    def with_execution(self, execution: Execution) -> "TrainingPlan":
        """Return the same run, computed in another way."""
        return replace(self, execution=execution)


def resolve_plan(
    requested: RequestedHyperparameters,
    *,
    example_count: int,
    hidden_size: int,
    seed: int,
    family: str = "llama",
    tuning: Tuning = _USUAL_TUNING,
) -> TrainingPlan:
    """Decide the run for `example_count` examples on a base of width `hidden_size`.

    `family` is the base's architecture, as its configuration names it.

    Raises InvalidRequestError when a batch would be larger than the file.
    """
    epochs = requested.n_epochs or auto_epochs(example_count)
    batch_size = requested.batch_size or auto_batch_size(example_count, epochs, tuning.trained)
    if batch_size > example_count:
        raise InvalidRequestError(
            f"batch_size is {batch_size}, but the file has only {example_count} examples; "
            f'use {example_count} or less, or "auto".',
            param="hyperparameters.batch_size",
        )
    multiplier = requested.learning_rate_multiplier or 1.0
    steps_per_epoch = math.ceil(example_count / batch_size)
    total_steps = steps_per_epoch * epochs
    learning_rate = auto_learning_rate(hidden_size, family, tuning.trained) * multiplier
    chosen = (
        epochs_in_words(requested.n_epochs, epochs, example_count),
        batch_size_in_words(requested.batch_size, batch_size, example_count, total_steps),
        multiplier_in_words(requested.learning_rate_multiplier, multiplier),
    )
    return TrainingPlan(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate_multiplier=multiplier,
        learning_rate=learning_rate,
        warmup_steps=min(10, max(1, total_steps // 20)),
        total_steps=total_steps,
        steps_per_epoch=steps_per_epoch,
        tuning=tuning,
        seed=seed,
        choices=(
            f"Hyperparameters: {', '.join(chosen)}; {total_steps} steps, learning rate "
            f"{learning_rate:.2e} at its highest, seed {seed}; trained: {tuning_in_words(tuning)}"
        ),
    )
