"""The attention function of serving, registered with transformers as `understudy_slots`.

Dimensions: T tokens of a forward, R decoding rows, Q tokens of one span, S slots, P positions,
H query heads, K key/value heads, G query heads of each key/value head, D head size.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from understudy.inference.forward.layout import SlotLayout
from understudy.modeling.own_faults import UnsupportedAttentionError, faults_are_ours

ATTENTION_NAME = "understudy_slots"

_NOT_PLAIN = {"softcap": "capped scores", "position_bias": "biases for positions"}


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
    sliding_window: int | None = None,
    s_aux: Tensor | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Attend from packed tokens [1, H, T, D] to the slots [S, K, P, D] of their own rows.

    `s_aux` are sinks [H]: scores of nothing, which take their share of the attention.
    Raises UnsupportedAttentionError when the model asks for more than that.
    """
    if layout is None:
        raise UnsupportedAttentionError("no place for what a batch needs to say")
    for extra in _NOT_PLAIN:
        if kwargs.get(extra) is not None:
            raise UnsupportedAttentionError(_NOT_PLAIN[extra])
    attend = _Attention(layout, scaling or query.shape[-1] ** -0.5, sliding_window, s_aux)
    parts_THD: list[Tensor] = []
    if layout.decoding:
        parts_THD.append(attend.decoding(query[0, :, : layout.decoding], key, value))
    begin = layout.decoding
    for number, span in enumerate(layout.spans):
        end = begin + len(span.tokens)
        parts_THD.append(attend.span(number, query[:, :, begin:end], key, value))
        begin = end
    return torch.cat(parts_THD)[None], None


class _Attention:
    """One layer's attention in one forward."""

    def __init__(
        self, layout: SlotLayout, scaling: float, window: int | None, sinks_H: Tensor | None
    ) -> None:
        self._layout = layout
        self._view = layout.view(window)
        self._scaling = scaling
        self._window = window
        self._sinks_H = sinks_H

    def span(self, number: int, query_1HQD: Tensor, key_SKPD: Tensor, value_SKPD: Tensor) -> Tensor:
        """Attend from the tokens of one span, and return [Q, H, D]."""
        span, mask = self._layout.spans[number], self._view.span_masks[number]
        slot, seen = slice(span.row, span.row + 1), slice(span.first_seen(self._window), span.stop)
        key_1KPD, value_1KPD = key_SKPD[slot, :, seen], value_SKPD[slot, :, seen]
        if self._sinks_H is not None:
            return self._span_with_sinks(query_1HQD[0], key_1KPD[0], value_1KPD[0], mask)
        out_1HQD = scaled_dot_product_attention(
            query_1HQD,
            key_1KPD,
            value_1KPD,
            attn_mask=mask,
            is_causal=mask is None,
            scale=self._scaling,
            enable_gqa=key_SKPD.shape[1] != query_1HQD.shape[1],
        )
        return out_1HQD[0].transpose(0, 1)

    def decoding(self, query_HRD: Tensor, key_SKPD: Tensor, value_SKPD: Tensor) -> Tensor:
        """Attend from the one token of each decoding row, and return [R, H, D]."""
        heads, rows, size = query_HRD.shape
        # With one token a row, a group's heads can stand where the tokens would: keys are not
        # repeated.
        query_RKGD = query_HRD.transpose(0, 1).reshape(rows, key_SKPD.shape[1], -1, size)
        if self._layout.is_ragged:
            out_RKGD = self._row_by_row(query_RKGD, key_SKPD, value_SKPD)
        else:
            seen = slice(self._view.start, self._view.stop)
            out_RKGD = self._together(
                query_RKGD,
                key_SKPD[:rows, :, seen],
                value_SKPD[:rows, :, seen],
                self._view.decoding_mask,
                is_written_out=self._layout.is_written_out,
            )
        return out_RKGD.reshape(rows, heads, -1)

    def _row_by_row(self, query_RKGD: Tensor, key_SKPD: Tensor, value_SKPD: Tensor) -> Tensor:
        outs: list[Tensor] = []
        for row, length in enumerate(self._layout.lengths):
            one, seen = (
                slice(row, row + 1),
                slice(self._layout.first_seen(row, self._window), length),
            )
            outs.append(
                self._together(
                    query_RKGD[one],
                    key_SKPD[one, :, seen],
                    value_SKPD[one, :, seen],
                    None,
                    is_written_out=False,
                )
            )
        return torch.cat(outs)

    def _together(
        self,
        query_RKGD: Tensor,
        key_RKPD: Tensor,
        value_RKPD: Tensor,
        mask: Tensor | None,
        *,
        is_written_out: bool,
    ) -> Tensor:
        if is_written_out or self._sinks_H is not None:
            return self._written_out(query_RKGD, key_RKPD, value_RKPD, mask)
        return scaled_dot_product_attention(
            query_RKGD, key_RKPD, value_RKPD, attn_mask=mask, scale=self._scaling
        )

    def _written_out(
        self, query_RKGD: Tensor, key_RKPD: Tensor, value_RKPD: Tensor, mask: Tensor | None
    ) -> Tensor:
        rows, kv_heads, group, size = query_RKGD.shape
        keys, values = key_RKPD.flatten(0, 1), value_RKPD.flatten(0, 1)
        scores = torch.bmm(query_RKGD.flatten(0, 1), keys.transpose(1, 2))
        scores_RKGP = scores.view(rows, kv_heads, group, -1).mul_(self._scaling)
        if mask is not None:
            scores_RKGP += mask
        if self._sinks_H is None:
            weights_RKGP = scores_RKGP.softmax(-1)
        else:
            sinks_KG1 = self._sinks_H.to(scores_RKGP.dtype).view(kv_heads, group, 1)
            weights_RKGP = _softmax_with_sinks(scores_RKGP, sinks_KG1)
        out = torch.bmm(weights_RKGP.flatten(0, 1), values)
        return out.view(rows, kv_heads, group, size)

    def _span_with_sinks(
        self, query_HQD: Tensor, key_KPD: Tensor, value_KPD: Tensor, is_seen_QP: Tensor | None
    ) -> Tensor:
        assert self._sinks_H is not None
        heads, count, size = query_HQD.shape
        kv_heads, keys, _ = key_KPD.shape
        group = heads // kv_heads
        if is_seen_QP is None:
            is_seen_QP = torch.ones(count, keys, dtype=torch.bool, device=query_HQD.device).tril()
        # The heads of a group stand one after the other where one head's tokens would.
        query = query_HQD.reshape(kv_heads, group * count, size)
        scores_KGQP = torch.bmm(query, key_KPD.transpose(1, 2)).view(kv_heads, group, count, keys)
        scores_KGQP = scores_KGQP.mul_(self._scaling).masked_fill_(~is_seen_QP, float("-inf"))
        sinks_KG11 = self._sinks_H.to(scores_KGQP.dtype).view(kv_heads, group, 1, 1)
        weights_KGQP = _softmax_with_sinks(scores_KGQP, sinks_KG11)
        out = torch.bmm(weights_KGQP.reshape(kv_heads, group * count, keys), value_KPD)
        return out.view(heads, count, size).transpose(0, 1)


def _softmax_with_sinks(scores: Tensor, sinks: Tensor) -> Tensor:
    """Return the weights of the scores [.., P] beside one more, of nothing, which is left out."""
    beside = sinks.expand(*scores.shape[:-1], 1)
    return torch.cat([scores, beside], dim=-1).softmax(-1)[..., :-1]


# transformers finds attention functions by name. No mask function of that name is registered: the
# layout says who sees what, and a model then builds no mask of its own.
AttentionInterface.register(ATTENTION_NAME, slot_attention)
