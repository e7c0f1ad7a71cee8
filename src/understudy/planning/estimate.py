"""What a job would compute and about how long it would take, before it is created."""

from dataclasses import dataclass

from understudy.planning.hyperparameters import ResolvedHyperparameters


@dataclass(frozen=True, kw_only=True)
class JobEstimate:
    """The job that "auto" would run on a file."""

    examples: int
    epochs: int
    batch_size: int
    steps: int
    tokens: int
    """Tokens of all epochs, which is what a job counts as trained."""
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
