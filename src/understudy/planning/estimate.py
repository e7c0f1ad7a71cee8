"""What a job would compute and about how long it would take, before it is created."""

from dataclasses import dataclass

from understudy.planning.hyperparameters import ResolvedHyperparameters
from understudy.planning.reinforcement import group_size_of


@dataclass(frozen=True, kw_only=True)
class JobEstimate:
    """The job that "auto" would run on a file."""

    examples: int
    epochs: int
    batch_size: int
    steps: int
    tokens: int | None
    """Tokens of all epochs, which is what a job counts as trained; None where answers are drawn."""
    answers: int | None = None
    """Answers that are drawn and graded to train on; None where the file holds the answers."""
    tokens_per_second: float | None
    """As measured or given; None when unknown."""
    seconds: float | None
    """An estimate of the training alone; None without a speed."""


def estimate_job(
    values: ResolvedHyperparameters, *, tokens_per_epoch: int, tokens_per_second: float | None
) -> JobEstimate:
    """Estimate a run; `tokens_per_epoch` counts both answers where a file holds pairs."""
    tokens = tokens_per_epoch * values.n_epochs
    return JobEstimate(
        examples=values.example_count,
        epochs=values.n_epochs,
        batch_size=values.batch_size,
        steps=values.total_steps,
        tokens=tokens,
        tokens_per_second=tokens_per_second,
        seconds=None if tokens_per_second is None else round(tokens / tokens_per_second, 1),
    )


def estimate_prompts(values: ResolvedHyperparameters) -> JobEstimate:
    """Estimate a run that draws its answers: how long those are is known only afterwards."""
    multiplier = values.requested.compute_multiplier
    group = group_size_of(1.0 if multiplier is None else multiplier)
    return JobEstimate(
        examples=values.example_count,
        epochs=values.n_epochs,
        batch_size=values.batch_size,
        steps=values.total_steps,
        tokens=None,
        answers=values.example_count * values.n_epochs * group,
        tokens_per_second=None,
        seconds=None,
    )
