"""Rendered examples to optimizer steps: micro-batches of flat tokens, cut to fit in memory.

T tokens of a micro-batch, R rows of it that are trained.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from understudy.chat.images.placing import PlacedImage
from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.vision.features import ImageFeatures
from understudy.modeling.vision.inserted import Inserted
from understudy.planning.execution import Layout


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
    layout: Layout
    """How the model is shown the examples."""
    images: tuple[PlacedImage, ...] = ()
    """The images of all examples; their places are those of `tokens_T`."""
    inserted: Inserted | None = None
    """What the model is shown of these images; None until somebody has looked at them."""

    def to(self, device: torch.device) -> "MicroBatch":
        """Return the batch where the model is, without waiting for the copy."""
        return replace(
            self,
            tokens_T=self.tokens_T.to(device, non_blocking=True),
            positions_T=self.positions_T.to(device, non_blocking=True),
            rows_R=self.rows_R.to(device, non_blocking=True),
            targets_R=self.targets_R.to(device, non_blocking=True),
            inserted=self.inserted and self.inserted.to(device),
        )

    def seen(self, features: ImageFeatures | None) -> "MicroBatch":
        """Return the batch with the features of its images, if there are any."""
        if not self.images:
            return self
        assert features is not None, "whoever renders images can look at them"
        return replace(self, inserted=features.inserted(self.images, self.segments))


@dataclass(frozen=True)
class OptimizerStep:
    """All that one update of the weights is computed from."""

    number: int
    """Counted from 1."""
    micro_batches: tuple[MicroBatch, ...]
    trained_tokens: int
    """Over all micro-batches, however the batch was cut."""

    @property
    def denominator(self) -> float:
        """What the loss is divided by: it is a mean over the trained tokens."""
        return self.trained_tokens


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
    layout: Layout = Layout.PACKED,
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
                yield make_step(chosen, number, tokens_per_micro_batch, layout)


def make_step(
    examples: Sequence[RenderedExample],
    number: int,
    tokens_per_micro_batch: int,
    layout: Layout = Layout.PACKED,
) -> OptimizerStep:
    """Lay examples into one step's micro-batches; filling counts where the layout has it."""
    groups = _groups(examples, tokens_per_micro_batch, layout)
    micro_batches = tuple(_pack(group, layout) for group in groups)
    trained = sum(len(micro.targets_R) for micro in micro_batches)
    return OptimizerStep(number=number, micro_batches=micro_batches, trained_tokens=trained)


def _groups(
    examples: Sequence[RenderedExample], tokens_per_micro_batch: int, layout: Layout
) -> Iterator[list[RenderedExample]]:
    group: list[RenderedExample] = []
    tokens = longest = 0
    for example in examples:
        tokens += len(example.ids)
        longest = max(longest, len(example.ids))
        size = tokens if layout is Layout.PACKED else longest * (len(group) + 1)
        if group and size > tokens_per_micro_batch:
            yield group
            group, tokens, longest = [], len(example.ids), len(example.ids)
        group.append(example)
    if group:
        yield group


def _pack(examples: Sequence[RenderedExample], layout: Layout) -> MicroBatch:
    tokens: list[int] = []
    positions: list[int] = []
    rows: list[int] = []
    images: list[PlacedImage] = []
    for example in examples:
        start = len(tokens)
        images += (placed.after(start) for placed in example.images)
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
        layout=layout,
        images=tuple(images),
    )
