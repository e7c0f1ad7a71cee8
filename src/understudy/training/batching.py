"""Rendered examples to optimizer steps of flat packed tokens: nothing is padded.

T tokens of a micro-batch, R rows of it that are trained.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from understudy.chat.renderer import RenderedExample


@dataclass(frozen=True)
class MicroBatch:
    """Examples laid end to end, as many as are computed at once."""

    tokens_T: Tensor
    positions_T: Tensor
    """Position of each token inside its own example."""
    segments: tuple[int, ...]
    """Lengths of the examples, in order; they add up to T."""
    rows_R: Tensor
    """Where a trained token is predicted: the position before it."""
    targets_R: Tensor
    """The trained tokens."""


@dataclass(frozen=True)
class OptimizerStep:
    """All that one update of the weights is computed from."""

    number: int
    """Counted from 1."""
    micro_batches: tuple[MicroBatch, ...]
    trained_tokens: int
    """Over all micro-batches: the denominator of the loss, however the batch was cut."""


def epoch_order(example_count: int, *, seed: int, epoch: int) -> list[int]:
    """Return the order in which an epoch visits the examples, from the seed alone."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    order: list[int] = torch.randperm(example_count, generator=generator).tolist()
    return order


def batches(
    examples: Sequence[RenderedExample],
    *,
    epochs: int,
    batch_size: int,
    tokens_per_micro_batch: int,
    seed: int,
    after_step: int = 0,
) -> Iterator[OptimizerStep]:
    """Yield the steps of a run after step `after_step`, the same whoever asks and how often.

    The last batch of an epoch may be smaller; batches do not span epochs.
    """
    number = 0
    for epoch in range(epochs):
        order = epoch_order(len(examples), seed=seed, epoch=epoch)
        for start in range(0, len(order), batch_size):
            number += 1
            if number > after_step:
                chosen = [examples[index] for index in order[start : start + batch_size]]
                yield make_step(chosen, number, tokens_per_micro_batch)


def make_step(
    examples: Sequence[RenderedExample], number: int, tokens_per_micro_batch: int
) -> OptimizerStep:
    """Pack examples into one step's micro-batches."""
    micro_batches = tuple(_pack(group) for group in _groups(examples, tokens_per_micro_batch))
    trained = sum(len(micro.targets_R) for micro in micro_batches)
    return OptimizerStep(number=number, micro_batches=micro_batches, trained_tokens=trained)


def _groups(
    examples: Sequence[RenderedExample], tokens_per_micro_batch: int
) -> Iterator[list[RenderedExample]]:
    group: list[RenderedExample] = []
    tokens = 0
    for example in examples:
        if group and tokens + len(example.ids) > tokens_per_micro_batch:
            yield group
            group, tokens = [], 0
        group.append(example)
        tokens += len(example.ids)
    if group:
        yield group


def _pack(examples: Sequence[RenderedExample]) -> MicroBatch:
    tokens: list[int] = []
    positions: list[int] = []
    rows: list[int] = []
    for example in examples:
        start = len(tokens)
        tokens += example.ids
        positions += range(len(example.ids))
        # The first token of an example is predicted by nothing, so it is never a target.
        rows += [start + at - 1 for at, trained in enumerate(example.trained) if trained and at > 0]
    tokens_T = torch.tensor(tokens)
    rows_R = torch.tensor(rows, dtype=torch.long)
    return MicroBatch(
        tokens_T=tokens_T,
        positions_T=torch.tensor(positions),
        segments=tuple(len(example.ids) for example in examples),
        rows_R=rows_R,
        targets_R=tokens_T[rows_R + 1],
    )
