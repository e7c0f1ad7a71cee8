"""What the job would do if everything were left to "auto", and about how long it would take."""

import math
from dataclasses import dataclass
from typing import Protocol

from understudy.planning.auto import auto_batch_size, auto_epochs
from understudy.registry.tuning import TrainedWeights


class CountedExamples(Protocol):
    """What an estimate needs to know of a file: what a job keeps of it."""

    @property
    def kept_examples(self) -> int:
        """Examples that a job trains on."""
        ...

    @property
    def kept_tokens(self) -> int:
        """Tokens of one pass over them."""
        ...


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
    """As measured or said; None when nobody knows."""
    seconds: float | None
    """An estimate of the training alone; None without a speed."""


def estimate_job(
    counts: CountedExamples,
    rejected: CountedExamples | None,
    tokens_per_second: float | None,
    *,
    epochs: int | None = None,
    batch_size: int | None = None,
    trained: TrainedWeights = TrainedWeights.LORA,
) -> JobEstimate | None:
    """Say what a job would do, by the rules of "auto" for what is None; None without examples.

    `rejected` is for pairs of answers, both of which are computed.
    """
    examples = counts.kept_examples
    if not examples:
        return None
    epochs = epochs or auto_epochs(examples)
    batch_size = batch_size or auto_batch_size(examples, epochs, trained)
    tokens = (counts.kept_tokens + (rejected.kept_tokens if rejected else 0)) * epochs
    return JobEstimate(
        examples=examples,
        epochs=epochs,
        batch_size=batch_size,
        steps=math.ceil(examples / batch_size) * epochs,
        tokens=tokens,
        tokens_per_second=tokens_per_second,
        seconds=None if tokens_per_second is None else round(tokens / tokens_per_second, 1),
    )
