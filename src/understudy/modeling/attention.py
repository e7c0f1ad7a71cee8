"""Attention over flat packed tokens, registered with transformers under one name.

T tokens of a row, N heads, K key-value heads, D dimensions of a head.
"""

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface, AttentionMaskInterface

from understudy.errors import InvalidRequestError

PACKED_ATTENTION = "understudy_packed"
_LONGEST_WRITTEN_OUT = 512


def packed_attention(
    module: nn.Module,
    query_1NTD: Tensor,
    key_1KTD: Tensor,
    value_1KTD: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float,
    segments: tuple[int, ...] | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Causal attention inside each segment of a packed row and nowhere across.

    `segments` holds the segments' lengths, in order; they add up to T. Without it every row of the
    batch is one segment. Returns [1, T, N, D].

    Raises InvalidRequestError for what would change the result and is not computed here: a
    sliding window that a segment is longer than, capped scores, attention sinks.
    """
    if segments is None:
        segments = (query_1NTD.shape[2],)
    if sliding_window is not None and max(segments) > sliding_window:
        raise _not_trainable(
            f"a sliding window of {sliding_window} tokens, which is shorter than "
            f"an example of {max(segments)} tokens"
        )
    if softcap is not None or s_aux is not None:
        raise _not_trainable("capped attention scores" if softcap else "attention sinks")
    outputs = [
        _causal_attention(query, key, value, scaling=scaling, dropout=dropout)
        for query, key, value in zip(
            query_1NTD.split(segments, dim=2),
            key_1KTD.split(segments, dim=2),
            value_1KTD.split(segments, dim=2),
            strict=True,
        )
    ]
    return torch.cat(outputs, dim=2).transpose(1, 2), None


def _not_trainable(what: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"This model has {what}; training such models is not supported here yet.",
        code="model_not_available",
        param="model",
    )


def _causal_attention(
    query_1NTD: Tensor, key_1KTD: Tensor, value_1KTD: Tensor, *, scaling: float, dropout: float
) -> Tensor:
    length = query_1NTD.shape[2]
    is_short_on_cpu = query_1NTD.device.type == "cpu" and length <= _LONGEST_WRITTEN_OUT
    if is_short_on_cpu and query_1NTD.dtype == torch.bfloat16 and dropout == 0.0:
        return _written_out(query_1NTD, key_1KTD, value_1KTD, scaling)
    return functional.scaled_dot_product_attention(
        query_1NTD,
        key_1KTD,
        value_1KTD,
        is_causal=True,
        scale=scaling,
        dropout_p=dropout,
        enable_gqa=query_1NTD.shape[1] != key_1KTD.shape[1],
    )


def _written_out(
    query_BNTD: Tensor, key_BKTD: Tensor, value_BKTD: Tensor, scaling: float
) -> Tensor:
    """Attention as two matrix products and a softmax.

    The fused bfloat16 kernel's backward pass on processors is five times slower than this for a
    hundred tokens, and no faster up to five hundred.
    """
    batch, heads, length, size = query_BNTD.shape
    kv_heads = key_BKTD.shape[1]
    query = query_BNTD.reshape(batch * kv_heads, -1, size)
    key = key_BKTD.reshape(batch * kv_heads, length, size)
    scores = torch.bmm(query * scaling, key.transpose(1, 2)).view(-1, length, length)
    weights = (scores + _causal_bias()[:length, :length]).softmax(-1)
    value = value_BKTD.reshape(batch * kv_heads, length, size)
    mixed = torch.bmm(weights.view(batch * kv_heads, -1, length), value)
    return mixed.view(batch, heads, length, size)


@cache
def _causal_bias() -> Tensor:
    """Minus infinity above the diagonal, for the longest segment that is written out."""
    size = _LONGEST_WRITTEN_OUT
    return torch.full((size, size), float("-inf"), dtype=torch.bfloat16).triu(1)


def _no_mask(*_: Any, **__: Any) -> None:
    """Segments already say who may see whom, so no mask is ever built."""


AttentionInterface.register(PACKED_ATTENTION, packed_attention)
AttentionMaskInterface.register(PACKED_ATTENTION, _no_mask)
