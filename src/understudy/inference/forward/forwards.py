"""The two ways to run a model: many rows in slots, or one row with the model's own cache.

Dimensions: N spans, V vocabulary, T tokens, L tokens whose logits are wanted.
"""

from collections.abc import Hashable, Sequence
from typing import Protocol

import torch
from torch import Tensor
from transformers import PreTrainedModel

from understudy.inference.engine.prefixes import WORTH_REUSING, Prefix, Prefixes
from understudy.inference.forward.kv_cache import SlotCache
from understudy.inference.forward.layout import SlotLayout, Span
from understudy.inference.forward.reading_spans import run_spans


class Forward(Protocol):
    """Computes logits for the rows of one model; rows are numbered 0, 1, 2, … without gaps."""

    @property
    def row_limit(self) -> int:
        """The most rows at the same time."""
        ...

    @property
    def position_limit(self) -> int:
        """The most tokens one row can hold."""
        ...

    def has_room(self, rows: int, positions: int) -> bool:
        """Say whether so many rows of up to so many tokens fit in memory."""
        ...

    def reserve(self, rows: int, positions: int) -> None:
        """Make that room; call it with all rows in use before every `run`."""
        ...

    def run(self, spans: Sequence[Span]) -> Tensor:
        """Store the spans' tokens and return the logits that the spans want, in order, [L, V].

        There is one span for each of the rows 0, 1, 2, … in this order.
        """
        ...

    def copy(self, source: int, target: int, length: int) -> None:
        """Give a row what another one has stored of its first tokens."""
        ...

    def keep(self, row: int, reader: Hashable, tokens: Sequence[int]) -> None:
        """Remember what a row has stored, which are these tokens, if it is worth its memory.

        `reader` says which weights have read them.
        """
        ...

    def recall(self, row: int, reader: Hashable, tokens: Sequence[int], least: int) -> int:
        """Give a row the longest beginning of its tokens that is remembered, and return its length.

        Less than `least` tokens are not given: that returns 0.
        """
        ...

    def erase(self, row: int) -> None:
        """Leave nothing of a row behind that could spoil the next one with this number."""
        ...

    def clear(self) -> None:
        """Give back the memory of all rows."""
        ...


class SlotForward:
    """Many rows at different positions, packed into one pass through the unmodified model."""

    def __init__(
        self,
        model: PreTrainedModel,
        *,
        context: int,
        row_limit: int,
        cache_bytes: int,
        remembers: bool = True,
    ) -> None:
        """Without `remembers` nothing of a row that has ended is kept for others."""
        self.row_limit = row_limit
        self._remembers = remembers
        self._model = model
        self._cache = SlotCache(byte_limit=cache_bytes)
        self._cache_bytes = cache_bytes
        self._prefixes = Prefixes()
        self._context = context

    @property
    def position_limit(self) -> int:
        """The model's context, or less where the memory for keys and values does not hold it."""
        return min(self._context, self._cache.largest_row)

    def has_room(self, rows: int, positions: int) -> bool:
        """Say whether the storage for so many rows stays within its memory."""
        return self._cache.has_room(rows, positions)

    def reserve(self, rows: int, positions: int) -> None:
        """Let the storage grow to so many rows; what is remembered makes way."""
        self._cache.reserve(rows, positions)
        self._prefixes.shrink(self._prefix_bytes)

    def run(self, spans: Sequence[Span]) -> Tensor:
        """Run all spans side by side: every weight is read once, whatever the number of rows."""
        device = self._model.device

        def tensor(values: Sequence[int]) -> Tensor:
            return torch.tensor(values, device=device)

        positions_T = tensor([place for span in spans for place in range(span.start, span.stop)])
        sizes_N = tensor([len(span.tokens) for span in spans])
        slots_T = tensor([span.row for span in spans]).repeat_interleave(sizes_N)
        self._cache.begin(slots_T, positions_T)
        logits_LV, _ = run_spans(
            self._model,
            spans,
            position_ids=positions_T[None],
            past_key_values=self._cache,
            use_cache=True,
            layout=SlotLayout(spans, self._cache.positions, self._model.dtype, device),
        )
        return logits_LV

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy a row's keys and values to another slot."""
        self._cache.copy(source, target, length)

    def keep(self, row: int, reader: Hashable, tokens: Sequence[int]) -> None:
        """Copy a row's keys and values out of its slot; those used least recently are forgotten."""
        if len(tokens) < WORTH_REUSING or not self._remembers:
            return
        needed = len(tokens) * self._cache.bytes_per_position
        _, known = self._prefixes.longest(reader, tokens)
        if known == len(tokens) or needed > self._prefix_bytes:
            return
        self._prefixes.shrink(self._prefix_bytes - needed)
        states = self._cache.taken(row, len(tokens))
        self._prefixes.add(Prefix(reader=reader, tokens=tokens, states=states, bytes=needed))

    def recall(self, row: int, reader: Hashable, tokens: Sequence[int], least: int) -> int:
        """Copy keys and values into a slot."""
        prefix, length = self._prefixes.longest(reader, tokens)
        if prefix is None or length < max(least, WORTH_REUSING):
            return 0
        self._cache.put(row, prefix.states, length)
        return length

    @property
    def _prefix_bytes(self) -> int:
        """What prefixes may take: a quarter of the memory, and no more than rows leave of it."""
        return min(self._cache_bytes // 4, self._cache_bytes - self._cache.bytes)

    def erase(self, row: int) -> None:
        """Write zeros over the row's slot: what is not a number outlives every mask."""
        self._cache.erase(row)

    def clear(self) -> None:
        """Give back the storage of keys and values; what is remembered stays."""
        self._cache.clear()


class OwnCacheForward:
    """One row at a time, for models whose attention needs the cache that comes with them.

    Such a cache cannot be cut or copied, but it can continue: the last row's stays, for a prompt
    that begins with all of it.
    """

    row_limit = 1

    def __init__(self, model: PreTrainedModel, *, context: int) -> None:
        self.position_limit = context
        self._model = model
        self._cache: object | None = None
        self._kept: tuple[Hashable, Sequence[int]] | None = None

    def has_room(self, rows: int, positions: int) -> bool:
        """One row always fits."""
        return rows <= self.row_limit

    def reserve(self, rows: int, positions: int) -> None:
        """The model's cache grows by itself."""

    def run(self, spans: Sequence[Span]) -> Tensor:
        """Run the tokens of the one row."""
        (span,) = spans
        if span.start == 0:
            self._cache = None
        if span.shown is not None:
            _refuse_both_ways(span)
            logits_LV, self._cache = run_spans(
                self._model, spans, past_key_values=self._cache, use_cache=True
            )
            return logits_LV
        out = self._model(
            input_ids=torch.tensor([span.tokens], device=self._model.device),
            past_key_values=self._cache,
            use_cache=True,
        )
        self._cache = out.past_key_values
        return out.logits[0, -span.logit_count :]

    def copy(self, source: int, target: int, length: int) -> None:
        """There is only one row, so nothing is ever copied."""
        raise AssertionError("a single row has nobody to copy from")

    def keep(self, row: int, reader: Hashable, tokens: Sequence[int]) -> None:
        """Leave the cache as it is for the next row."""
        self._kept = reader, tokens

    def recall(self, row: int, reader: Hashable, tokens: Sequence[int], least: int) -> int:
        """Continue with the last row's cache if it holds nothing but these tokens' beginning."""
        if self._kept is None:
            return 0
        kept_reader, kept = self._kept
        self._kept = None
        is_beginning = kept_reader == reader and tokens[: len(kept)] == kept
        return len(kept) if is_beginning and len(kept) >= least else 0

    def erase(self, row: int) -> None:
        """Drop the row's cache."""
        self._cache = None

    def clear(self) -> None:
        """Drop the row's cache unless it is kept for the next one."""
        if self._kept is None:
            self._cache = None


def _refuse_both_ways(span: Span) -> None:
    assert span.shown is None or span.shown.blocks_T is None, "the engine refuses such images"
