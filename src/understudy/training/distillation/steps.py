"""Rendered examples to the steps of a distillation: micro-batches that know their examples."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from understudy.chat.rendering.renderer import RenderedExample
from understudy.planning.execution import Execution
from understudy.training.batching import MicroBatch, epoch_order, make_step


@dataclass(frozen=True)
class TaughtBatch:
    """Examples laid end to end, and which of the file they are."""

    examples: MicroBatch
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class TaughtStep:
    """All that one update of the weights is computed from."""

    number: int
    """Counted from 1."""
    micro_batches: tuple[TaughtBatch, ...]
    denominator: float
    """What the loss is divided by: it is a mean over the trained tokens."""


def taught_steps(
    examples: Sequence[RenderedExample],
    *,
    epochs: int,
    batch_size: int,
    execution: Execution,
    seed: int,
    after_step: int = 0,
) -> Iterator[TaughtStep]:
    """Yield the steps of a run after step `after_step`, in the order of a supervised run."""
    for number, chosen in numbered_batches(
        len(examples), epochs=epochs, batch_size=batch_size, seed=seed, after_step=after_step
    ):
        yield make_taught_step(examples, chosen, number, execution)


def numbered_batches(
    count: int, *, epochs: int, batch_size: int, seed: int, after_step: int
) -> Iterator[tuple[int, list[int]]]:
    """Yield the number of each step and which examples of the file it takes."""
    number = 0
    for epoch in range(epochs):
        order = epoch_order(count, seed=seed, epoch=epoch)
        for start in range(0, count, batch_size):
            number += 1
            if number > after_step:
                yield number, order[start : start + batch_size]


def make_taught_step(
    examples: Sequence[RenderedExample], chosen: Sequence[int], number: int, execution: Execution
) -> TaughtStep:
    """Lay the examples of these numbers into one step's micro-batches."""
    laid = make_step(
        [examples[at] for at in chosen],
        number,
        execution.tokens_per_micro_batch,
        execution.layout,
    )
    batches: list[TaughtBatch] = []
    start = 0
    for batch in laid.micro_batches:
        end = start + len(batch.segments)
        batches.append(TaughtBatch(batch, tuple(chosen[start:end])))
        start = end
    return TaughtStep(number, tuple(batches), laid.denominator)
