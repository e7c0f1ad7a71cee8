"""Pairs of rendered answers to optimizer steps; what both answers share is laid down once.

T tokens of a micro-batch, R rows of it that are trained, A answers: two of each pair.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import torch
from torch import Tensor

from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.attention import Branch
from understudy.planning.execution import Layout
from understudy.training.batching import epoch_order


@dataclass(frozen=True)
class RenderedPair:
    """Two answers to one conversation, each rendered whole, with only the answer trained."""

    preferred: RenderedExample
    rejected: RenderedExample

    @property
    def shared(self) -> int:
        """How many tokens both begin with."""
        both = zip(self.preferred.ids, self.rejected.ids, strict=False)
        # The last token of the shorter one predicts nothing, so that it may be shared as well.
        return sum(1 for _ in takewhile(lambda ids: ids[0] == ids[1], both))

    @property
    def tokens(self) -> int:
        """Tokens of both, as they are without sharing."""
        return len(self.preferred.ids) + len(self.rejected.ids)


@dataclass(frozen=True)
class PairBatch:
    """Pairs laid end to end, as many as are computed at once."""

    tokens_T: Tensor
    positions_T: Tensor
    """Position of each token inside its own conversation."""
    segments: tuple[int, ...]
    """Lengths of what lies end to end; they add up to T."""
    branches: tuple[Branch, ...] | None
    """How each segment forks into two answers; None where no segment does."""
    rows_R: Tensor
    """Where a trained token is predicted: the position before it."""
    targets_R: Tensor
    """The trained tokens."""
    answers_R: Tensor
    """Which answer each belongs to: twice the number of its pair, and one more if rejected."""
    numbers: tuple[int, ...]
    """Of the pairs, in the whole file."""
    layout: Layout

    def to(self, device: torch.device) -> "PairBatch":
        """Return the batch where the model is, without waiting for the copy."""
        names = ("tokens_T", "positions_T", "rows_R", "targets_R", "answers_R")
        moved = {name: getattr(self, name).to(device, non_blocking=True) for name in names}
        return replace(self, **moved)


@dataclass(frozen=True)
class PairStep:
    """All that one update of the weights is computed from."""

    number: int
    """Counted from 1."""
    micro_batches: tuple[PairBatch, ...]

    @property
    def denominator(self) -> float:
        """What the loss is divided by: it is a mean over pairs."""
        return sum(len(batch.numbers) for batch in self.micro_batches)


@dataclass(frozen=True, kw_only=True)
class PairLayout:
    """How pairs are laid into micro-batches."""

    layout: Layout
    tokens_per_micro_batch: int
    shares: bool
    """Whether what both answers of a pair begin with is computed once; packed rows only."""


def pair_steps(
    pairs: Sequence[RenderedPair],
    *,
    epochs: int,
    batch_size: int,
    how: PairLayout,
    seed: int,
    after_step: int = 0,
) -> Iterator[PairStep]:
    """Yield the steps of a run after step `after_step`, the same whoever asks and how often."""
    number = 0
    for epoch in range(epochs):
        order = epoch_order(len(pairs), seed=seed, epoch=epoch)
        for start in range(0, len(order), batch_size):
            number += 1
            if number > after_step:
                yield make_pair_step(pairs, order[start : start + batch_size], number, how)


def make_pair_step(
    pairs: Sequence[RenderedPair], numbers: Sequence[int], number: int, how: PairLayout
) -> PairStep:
    """Lay the pairs of these numbers into one step's micro-batches; none is torn apart."""
    groups = _groups(pairs, numbers, how)
    return PairStep(number, tuple(_lay(pairs, group, how) for group in groups))


def _groups(
    pairs: Sequence[RenderedPair], numbers: Sequence[int], how: PairLayout
) -> Iterator[list[int]]:
    group: list[int] = []
    for number in numbers:
        if group and _size(pairs, [*group, number], how) > how.tokens_per_micro_batch:
            yield group
            group = []
        group.append(number)
    if group:
        yield group


def _size(pairs: Sequence[RenderedPair], group: Sequence[int], how: PairLayout) -> int:
    chosen = [pairs[number] for number in group]
    if how.layout is Layout.PADDED:
        longest = max(len(e.ids) for pair in chosen for e in (pair.preferred, pair.rejected))
        return 2 * longest * len(chosen)
    return sum(pair.tokens - (pair.shared if how.shares else 0) for pair in chosen)


class _Rows:
    """A micro-batch while it is laid out."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.positions: list[int] = []
        self.rows: list[int] = []
        self.targets: list[int] = []
        self.answers: list[int] = []

    def add(self, ids: Sequence[int], position: int) -> int:
        """Lay tokens down from a position on, and return where they begin."""
        start = len(self.tokens)
        self.tokens += ids
        self.positions += range(position, position + len(ids))
        return start

    def train(self, example: RenderedExample, answer: int, places: Sequence[int]) -> None:
        """Mark the trained tokens of an example whose tokens lie at these places."""
        for at, is_trained in enumerate(example.trained):
            if is_trained and at > 0:
                self.rows.append(places[at - 1])
                self.targets.append(example.ids[at])
                self.answers.append(answer)


def _lay(pairs: Sequence[RenderedPair], group: Sequence[int], how: PairLayout) -> PairBatch:
    rows = _Rows()
    segments: list[int] = []
    branches: list[Branch] = []
    shares = how.shares and how.layout is Layout.PACKED
    for place, number in enumerate(group):
        pair = pairs[number]
        shared = pair.shared if shares else 0
        start = rows.add(pair.preferred.ids, 0)
        first = range(start, start + len(pair.preferred.ids))
        fork = rows.add(pair.rejected.ids[shared:], shared)
        second = [*first[:shared], *range(fork, len(rows.tokens))]
        rows.train(pair.preferred, 2 * place, first)
        rows.train(pair.rejected, 2 * place + 1, second)
        if shares:
            segments.append(len(rows.tokens) - start)
            lengths = (len(first) - shared, len(rows.tokens) - fork)
            continuations = tuple(length for length in lengths if length)
            branches.append(Branch(shared=shared, continuations=continuations))
        else:
            segments += [len(first), len(rows.tokens) - fork]
    return PairBatch(
        tokens_T=torch.tensor(rows.tokens),
        positions_T=torch.tensor(rows.positions),
        segments=tuple(segments),
        branches=tuple(branches) if shares else None,
        rows_R=torch.tensor(rows.rows, dtype=torch.long),
        targets_R=torch.tensor(rows.targets, dtype=torch.long),
        answers_R=torch.tensor(rows.answers, dtype=torch.long),
        numbers=tuple(group),
        layout=how.layout,
    )
