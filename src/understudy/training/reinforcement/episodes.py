"""Graded answers to optimizer steps; what answers to one prompt share is laid down once.

T tokens of a micro-batch, R rows of it that are trained.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from understudy.modeling.attention import Branch
from understudy.planning.execution import Layout


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One answer to a prompt, in the very tokens that were drawn."""

    prompt_ids: tuple[int, ...]
    answer_ids: tuple[int, ...]
    """With the token that ended it; at least one."""
    logprobs: tuple[float, ...]
    """Of each of them when it was drawn, in nats."""
    is_cut: bool
    """Whether it had no more room, so that nobody knows how it would have ended."""


@dataclass(frozen=True, kw_only=True)
class WeighedEpisode:
    """An episode and what it is worth."""

    episode: Episode
    advantage: float


@dataclass(frozen=True)
class EpisodeBatch:
    """Episodes laid end to end, as many as are computed at once."""

    tokens_T: Tensor
    positions_T: Tensor
    """Position of each token inside its own conversation."""
    segments: tuple[int, ...]
    """Lengths of what lies end to end; they add up to T."""
    branches: tuple[Branch, ...] | None
    """How each segment forks into answers; None where no segment does."""
    rows_R: Tensor
    """Where a trained token is predicted: the position before it."""
    targets_R: Tensor
    """The trained tokens."""
    advantages_R: Tensor
    """Of the answer that each belongs to."""
    drawn_R: Tensor
    """The log-probability of each when it was drawn."""
    layout: Layout

    def to(self, device: torch.device) -> "EpisodeBatch":
        """Return the batch where the model is, without waiting for the copy."""
        names = ("tokens_T", "positions_T", "rows_R", "targets_R", "advantages_R", "drawn_R")
        moved = {name: getattr(self, name).to(device, non_blocking=True) for name in names}
        return replace(self, **moved)


@dataclass(frozen=True)
class EpisodeStep:
    """All that one update of the weights is computed from."""

    number: int
    """Counted from 1."""
    micro_batches: tuple[EpisodeBatch, ...]
    denominator: float
    """Episodes that are learned from, times the tokens that each might have had: a constant, so
    that a long answer does not weigh less by the token than a short one."""
    trained_tokens: int


@dataclass(frozen=True, kw_only=True)
class EpisodeLayout:
    """How episodes are laid into micro-batches."""

    layout: Layout
    tokens_per_micro_batch: int
    shares: bool
    """Whether a prompt is computed once for its answers; packed rows only."""
    max_answer_tokens: int


def make_episode_step(
    groups: Sequence[Sequence[WeighedEpisode]], number: int, how: EpisodeLayout
) -> EpisodeStep:
    """Lay groups of answers to one prompt each into one step's micro-batches.

    Answers that were cut are masked, and what the sum is divided by is counted after that.
    """
    kept = [[each for each in group if not each.episode.is_cut] for group in groups]
    kept = [group for group in kept if group]
    batches = tuple(_lay(parts, how) for parts in _micro_batches(kept, how))
    return EpisodeStep(
        number=number,
        micro_batches=batches,
        denominator=float(max(1, sum(map(len, kept))) * how.max_answer_tokens),
        trained_tokens=sum(len(batch.targets_R) for batch in batches),
    )


def _micro_batches(
    groups: Sequence[Sequence[WeighedEpisode]], how: EpisodeLayout
) -> Iterator[list[list[WeighedEpisode]]]:
    """Cut groups into what fits; a group that is cut has its prompt in both parts."""
    parts: list[list[WeighedEpisode]] = []
    for group in groups:
        is_new = True
        for each in group:
            opened = [*parts, [each]] if is_new else [*parts[:-1], [*parts[-1], each]]
            if parts and _size(opened, how) > how.tokens_per_micro_batch:
                yield parts
                opened = [[each]]
            parts, is_new = opened, False
    if parts:
        yield parts


def _size(parts: Sequence[Sequence[WeighedEpisode]], how: EpisodeLayout) -> int:
    if how.layout is Layout.PADDED:
        lengths = [_length(each) for part in parts for each in part]
        return max(lengths) * len(lengths)
    if not how.shares:
        return sum(_length(each) for part in parts for each in part)
    return sum(
        len(part[0].episode.prompt_ids) + sum(len(each.episode.answer_ids) - 1 for each in part)
        for part in parts
    )


def _length(each: WeighedEpisode) -> int:
    # Nothing follows the last token, so that it need not be read.
    return len(each.episode.prompt_ids) + len(each.episode.answer_ids) - 1


class _Rows:
    """A micro-batch while it is laid out."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.positions: list[int] = []
        self.rows: list[int] = []
        self.targets: list[int] = []
        self.advantages: list[float] = []
        self.drawn: list[float] = []

    def add(self, ids: Sequence[int], position: int) -> int:
        """Lay tokens down from a position on, and return where they begin."""
        start = len(self.tokens)
        self.tokens += ids
        self.positions += range(position, position + len(ids))
        return start

    def train(self, each: WeighedEpisode, prompt_end: int, start: int) -> None:
        """Mark the answer, whose tokens begin at `start`, after a prompt that ends before."""
        episode = each.episode
        count = len(episode.answer_ids)
        self.rows += [prompt_end - 1, *range(start, start + count - 1)]
        self.targets += episode.answer_ids
        self.advantages += [each.advantage] * count
        self.drawn += episode.logprobs


def _lay(parts: Sequence[Sequence[WeighedEpisode]], how: EpisodeLayout) -> EpisodeBatch:
    rows = _Rows()
    segments: list[int] = []
    branches: list[Branch] = []
    shares = how.shares and how.layout is Layout.PACKED
    for part in parts:
        if shares:
            _lay_together(part, rows, segments, branches)
        else:
            for each in part:
                _lay_together([each], rows, segments, branches)
    return EpisodeBatch(
        tokens_T=torch.tensor(rows.tokens),
        positions_T=torch.tensor(rows.positions),
        segments=tuple(segments),
        branches=tuple(branches) if shares else None,
        rows_R=torch.tensor(rows.rows, dtype=torch.long),
        targets_R=torch.tensor(rows.targets, dtype=torch.long),
        advantages_R=torch.tensor(rows.advantages, dtype=torch.float32),
        drawn_R=torch.tensor(rows.drawn, dtype=torch.float32),
        layout=how.layout,
    )


def _lay_together(
    part: Sequence[WeighedEpisode], rows: _Rows, segments: list[int], branches: list[Branch]
) -> None:
    prompt = part[0].episode.prompt_ids
    begin = rows.add(prompt, 0)
    end = begin + len(prompt)
    continuations: list[int] = []
    for each in part:
        read = each.episode.answer_ids[:-1]
        start = rows.add(read, len(prompt))
        rows.train(each, end, start)
        if read:
            continuations.append(len(read))
    segments.append(len(rows.tokens) - begin)
    branches.append(Branch(shared=len(prompt), continuations=tuple(continuations)))
