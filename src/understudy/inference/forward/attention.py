"""The attention function of serving, registered with transformers as `understudy_slots`.

Dimensions: T tokens of a forward, R decoding rows, Q tokens of one span, S slots, P positions,
H query heads, K key/value heads, G query heads of each key/value head, D head size.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from understudy.modeling.own_faults import UnsupportedAttentionError, faults_are_ours

ATTENTION_NAME = "understudy_slots"

_NOT_PLAIN = {
    "softcap": "capped scores",
    "s_aux": "sinks",
    "position_bias": "biases for positions",
    "sliding_window": "a sliding window",
}
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

    @property
    def stop(self) -> int:
        """Position after the last token."""
        return self.start + len(self.tokens)

    @property
    def logit_count(self) -> int:
        """How many tokens' logits the forward returns for this span."""
        return len(self.tokens) if self.is_scored else 1


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
        self.longest = max(self.lengths, default=0)
        length = sum(self.lengths)
        padding = self.longest * self.decoding - length
        self.is_ragged = padding > _PADDING_WORTH_A_CALL * self.decoding + length // 2
        is_together = self.decoding > 0 and not self.is_ragged
        self.is_written_out = (
            is_together and device.type == "cpu" and self.decoding >= _ROWS_WORTH_WRITING_OUT
        )
        # Products of bfloat16 copy what is not in one piece, so there the whole storage is read.
        is_whole = self.is_written_out and dtype == torch.bfloat16
        self.width = positions if is_whole else self.longest
        self.decoding_mask = None
        if is_together and self.width * self.decoding > length:
            self.decoding_mask = _decoding_mask(self.lengths, self.width, dtype, device)
        self.span_masks = [_span_mask(span, device) for span in self.spans]


@faults_are_ours
def slot_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    layout: SlotLayout | None = None,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Attend from packed tokens [1, H, T, D] to the slots [S, K, P, D] of their own rows.

    Raises UnsupportedAttentionError when the model asks for more than plain attention.
    """
    if layout is None:
        raise UnsupportedAttentionError("no place for what a batch needs to say")
    for extra in _NOT_PLAIN:
        if kwargs.get(extra) is not None:
            raise UnsupportedAttentionError(_NOT_PLAIN[extra])
    parts_THD: list[Tensor] = []
    if layout.decoding:
        parts_THD.append(_decode(query[0, :, : layout.decoding], key, value, layout, scaling))
    begin = layout.decoding
    for span, mask in zip(layout.spans, layout.span_masks, strict=True):
        end = begin + len(span.tokens)
        slot = slice(span.row, span.row + 1)
        out_1HQD = scaled_dot_product_attention(
            query[:, :, begin:end],
            key[slot, :, : span.stop],
            value[slot, :, : span.stop],
            attn_mask=mask,
            is_causal=mask is None,
            scale=scaling,
            enable_gqa=key.shape[1] != query.shape[1],
        )
        parts_THD.append(out_1HQD[0].transpose(0, 1))
        begin = end
    return torch.cat(parts_THD)[None], None


def _decode(
    query_HRD: Tensor,
    key_SKPD: Tensor,
    value_SKPD: Tensor,
    layout: SlotLayout,
    scaling: float | None,
) -> Tensor:
    heads, rows, size = query_HRD.shape
    # With one token a row, a group's heads can stand where the tokens would: keys are not repeated.
    query_RKGD = query_HRD.transpose(0, 1).reshape(rows, key_SKPD.shape[1], -1, size)
    if layout.is_written_out:
        out_RKGD = _written_out(query_RKGD, key_SKPD, value_SKPD, layout, scaling)
    elif layout.is_ragged:
        out_RKGD = torch.cat(
            [
                scaled_dot_product_attention(
                    query_RKGD[row : row + 1],
                    key_SKPD[row : row + 1, :, :length],
                    value_SKPD[row : row + 1, :, :length],
                    scale=scaling,
                )
                for row, length in enumerate(layout.lengths)
            ]
        )
    else:
        out_RKGD = scaled_dot_product_attention(
            query_RKGD,
            key_SKPD[:rows, :, : layout.width],
            value_SKPD[:rows, :, : layout.width],
            attn_mask=layout.decoding_mask,
            scale=scaling,
        )
    return out_RKGD.reshape(rows, heads, -1)


def _written_out(
    query_RKGD: Tensor,
    key_SKPD: Tensor,
    value_SKPD: Tensor,
    layout: SlotLayout,
    scaling: float | None,
) -> Tensor:
    rows, kv_heads, group, size = query_RKGD.shape

    def stored(storage_SKPD: Tensor) -> Tensor:
        return storage_SKPD[:rows].flatten(0, 1)[:, : layout.width]

    scores = torch.bmm(query_RKGD.flatten(0, 1), stored(key_SKPD).transpose(1, 2))
    scores_RKGP = scores.view(rows, kv_heads, group, -1).mul_(scaling or size**-0.5)
    if layout.decoding_mask is not None:
        scores_RKGP += layout.decoding_mask
    out = torch.bmm(scores_RKGP.softmax(-1).flatten(0, 1), stored(value_SKPD))
    return out.view(rows, kv_heads, group, size)


def _decoding_mask(
    lengths: Sequence[int], width: int, dtype: torch.dtype, device: torch.device
) -> Tensor:
    """Return minus infinity wherever a row has nothing stored, [R, 1, 1, P]."""
    lengths_R1 = torch.tensor(lengths, device=device)[:, None]
    is_empty_RP = torch.arange(width, device=device) >= lengths_R1
    mask_RP = torch.zeros(is_empty_RP.shape, dtype=dtype, device=device)
    return mask_RP.masked_fill_(is_empty_RP, float("-inf"))[:, None, None, :]


def _span_mask(span: Span, device: torch.device) -> Tensor | None:
    """Return which positions each token of a span may look at, or None for plain causality."""
    if span.start == 0:
        return None
    positions_P = torch.arange(span.stop, device=device)
    return positions_P <= positions_P[span.start :, None]


# transformers finds attention functions by name. No mask function of that name is registered: the
# layout says who sees what, and a model then builds no mask of its own.
AttentionInterface.register(ATTENTION_NAME, slot_attention)
