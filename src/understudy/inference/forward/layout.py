"""Who sees what in one forward of many rows, also in layers that look back a window only.

Dimensions: R decoding rows, Q tokens of one span, P positions.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

import torch
from torch import Tensor

from understudy.modeling.vision.inserted import Inserted, is_same_block

_PADDING_WORTH_A_CALL = 48
"""Attention over so many positions costs as much as one more call of it (measured on a CPU)."""
_ROWS_WORTH_WRITING_OUT = 4
"""From so many rows on, two matrix products and a softmax beat the fused kernel of a processor."""


class Span(NamedTuple):
    """Tokens of one row in a forward."""

    row: int
    """The row's number, which is also its slot and the span's place in the forward."""
    start: int
    """Position of the first token; everything before is stored already."""
    tokens: Sequence[int]
    is_scored: bool = False
    """Whether the logits of all tokens are wanted, instead of the last one's alone."""
    shown: Inserted | None = None
    """What is read instead of some of the tokens; None where no image is shown to the row."""

    @property
    def stop(self) -> int:
        """Position after the last token."""
        return self.start + len(self.tokens)

    @property
    def logit_count(self) -> int:
        """How many tokens' logits the forward returns for this span."""
        return len(self.tokens) if self.is_scored else 1

    def first_seen(self, window: int | None) -> int:
        """Return the first position that a token of the span looks at."""
        return 0 if window is None else max(0, self.start - window + 1)


class View(NamedTuple):
    """What the layers of one window look at."""

    start: int
    """The first position that a decoding row looks at."""
    stop: int
    """The position after the last that is read for decoding rows."""
    decoding_mask: Tensor | None
    """Minus infinity where a row must not look, [R, 1, 1, P] from start to stop; None where
    every row looks at all of that."""
    span_masks: list[Tensor | None]
    """Where each token of a span looks, [Q, P] from the first seen position to the span's stop;
    None for plain causality."""


class SlotLayout:
    """Who sees what in one forward: worked out once, used by every layer."""

    def __init__(
        self, spans: Sequence[Span], positions: int, dtype: torch.dtype, device: torch.device
    ) -> None:
        """`positions` is how many of them every slot has."""
        # The leading rows with one token each: their slots are one view of the storage.
        self.decoding = sum(1 for _ in takewhile(lambda span: len(span.tokens) == 1, spans))
        self.spans = spans[self.decoding :]
        self.lengths = [span.stop for span in spans[: self.decoding]]
        longest = max(self.lengths, default=0)
        length = sum(self.lengths)
        padding = longest * self.decoding - length
        self.is_ragged = padding > _PADDING_WORTH_A_CALL * self.decoding + length // 2
        is_together = self.decoding > 0 and not self.is_ragged
        self.is_written_out = (
            is_together and device.type == "cpu" and self.decoding >= _ROWS_WORTH_WRITING_OUT
        )
        # Products of bfloat16 copy what is not in one piece, so there the whole storage is read.
        self._is_whole = self.is_written_out and dtype == torch.bfloat16
        self._width = positions if self._is_whole else longest
        self._dtype, self._device = dtype, device
        self._views: dict[int | None, View] = {}

    def view(self, window: int | None) -> View:
        """Return what layers look at that look back so many tokens, their own one included.

        None stands for layers that look at everything before.
        """
        if window not in self._views:
            self._views[window] = self._view_of(window)
        return self._views[window]

    def first_seen(self, row: int, window: int | None) -> int:
        """Return the first position that a decoding row looks at."""
        return 0 if window is None else max(0, self.lengths[row] - window)

    def _view_of(self, window: int | None) -> View:
        start, mask = 0, None
        if self.decoding and not self.is_ragged:
            firsts = [self.first_seen(row, window) for row in range(self.decoding)]
            start = 0 if self._is_whole else min(firsts)
            seen = sum(self.lengths) - sum(firsts)
            if (self._width - start) * self.decoding > seen:
                mask = self._decoding_mask(firsts, start)
        spans = [_span_mask(span, window, self._device) for span in self.spans]
        return View(start, self._width, mask, spans)

    def _decoding_mask(self, firsts: Sequence[int], start: int) -> Tensor:
        lengths_R1 = torch.tensor(self.lengths, device=self._device)[:, None]
        firsts_R1 = torch.tensor(firsts, device=self._device)[:, None]
        positions_P = torch.arange(start, self._width, device=self._device)
        is_hidden_RP = (positions_P >= lengths_R1) | (positions_P < firsts_R1)
        mask_RP = torch.zeros(is_hidden_RP.shape, dtype=self._dtype, device=self._device)
        return mask_RP.masked_fill_(is_hidden_RP, float("-inf"))[:, None, None, :]


def _span_mask(span: Span, window: int | None, device: torch.device) -> Tensor | None:
    blocks_Q = None if span.shown is None else span.shown.blocks_T
    if blocks_Q is not None:
        first = span.first_seen(window)
        is_seen_QP = _causal(span, window, device)
        is_one_QQ = is_same_block(blocks_Q.to(device))
        is_seen_QP[:, span.start - first :] |= is_one_QQ
        return is_seen_QP
    if span.start == 0 and (window is None or span.stop <= window):
        return None
    return _causal(span, window, device)


def _causal(span: Span, window: int | None, device: torch.device) -> Tensor:
    keys_P = torch.arange(span.first_seen(window), span.stop, device=device)
    queries_Q1 = torch.arange(span.start, span.stop, device=device)[:, None]
    is_seen_QP = keys_P <= queries_Q1
    return is_seen_QP if window is None else is_seen_QP & (keys_P > queries_Q1 - window)
