"""Attention over flat packed tokens, registered with transformers under one name.

T tokens of a row, N heads, K key-value heads, D dimensions of a head.
"""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from itertools import accumulate
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention.varlen import varlen_attn
from transformers import AttentionInterface

from understudy.modeling.own_faults import UnsupportedAttentionError, faults_are_ours
from understudy.modeling.vision.inserted import is_same_block
from understudy.planning.activations import MAX_WRITTEN_OUT

PACKED_ATTENTION = "understudy_packed"

_FLASH_DTYPES = (torch.bfloat16, torch.float16)
_MAX_MASKED = 256
"""Tokens of a segment up to which all its continuations are computed at once under a mask: what is
computed in vain costs less than so many calls."""
_FEW = 2
# As many as a step has segments; every layer asks for the same ones.
_MAX_MASKS = 256


class Branch(NamedTuple):
    """How a segment forks: shared tokens, and continuations of them one after the other."""

    shared: int
    continuations: tuple[int, ...]
    """Their lengths, none of which is 0; with what is shared they add up to the segment."""


class Segments(NamedTuple):
    """Where examples begin and end in a packed row."""

    lengths: tuple[int, ...]
    """In order; they add up to T."""
    starts: Tensor
    """The start of each and the end of the last, as whole numbers of 32 bits on the device."""
    branches: tuple[Branch, ...] | None = None
    """How each forks; None where none does."""
    sees: tuple[Tensor, ...] | None = None
    """Who sees whom in each, [L, L]; None where every token sees those before it."""

    @classmethod
    def of(
        cls,
        lengths: Sequence[int],
        device: torch.device,
        branches: Sequence[Branch] | None = None,
        blocks_T: Tensor | None = None,
    ) -> "Segments":
        """Return the segments of examples of so many tokens; `blocks_T` are those of `Inserted`."""
        starts = torch.tensor([0, *accumulate(lengths)], dtype=torch.int32)
        on_device = starts.to(device, non_blocking=True)
        forks = None if branches is None else tuple(branches)
        sees = None if blocks_T is None else tuple(map(_sees_blocks, blocks_T.split(list(lengths))))
        return cls(tuple(lengths), on_device, forks, sees)


@faults_are_ours
def packed_attention(
    module: nn.Module,
    query_1NTD: Tensor,
    key_1KTD: Tensor,
    value_1KTD: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float,
    segments: Segments | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Causal attention inside each segment of a packed row and nowhere across.

    A continuation of a segment that forks sees what is shared and itself. Without `segments`
    every row of the batch is one of its own. Returns [1, T, N, D].

    Raises UnsupportedAttentionError for what would change the result and is not computed here: a
    sliding window that a segment is longer than, capped scores, attention sinks.
    """
    lengths = (query_1NTD.shape[2],) if segments is None else segments.lengths
    if sliding_window is not None and max(lengths) > sliding_window:
        raise UnsupportedAttentionError(
            f"a sliding window of {sliding_window} tokens, and an example has {max(lengths)}"
        )
    if softcap is not None or s_aux is not None:
        raise UnsupportedAttentionError("capped scores" if softcap else "sinks")
    branches = None if segments is None else segments.branches
    sees = None if segments is None else segments.sees
    is_flash = query_1NTD.is_cuda and query_1NTD.dtype in _FLASH_DTYPES
    if is_flash and segments is not None and branches is sees is None and dropout == 0.0:
        return _flash(query_1NTD, key_1KTD, value_1KTD, segments, scaling), None
    parts = zip(
        query_1NTD.split(lengths, dim=2),
        key_1KTD.split(lengths, dim=2),
        value_1KTD.split(lengths, dim=2),
        branches or (None,) * len(lengths),
        sees or (None,) * len(lengths),
        strict=True,
    )
    attend = partial(_attention, scaling=scaling, dropout=dropout)
    outputs = [
        attend(query, key, value, sees=seen)
        if branch is None
        else _forked(branch, query, key, value, attend)
        for query, key, value, branch, seen in parts
    ]
    return torch.cat(outputs, dim=2).transpose(1, 2), None


def _flash(
    query_1NTD: Tensor, key_1KTD: Tensor, value_1KTD: Tensor, segments: Segments, scaling: float
) -> Tensor:
    """One kernel for all segments of a row, on a GPU."""
    longest = max(segments.lengths)
    mixed_TND = varlen_attn(
        query_1NTD[0].transpose(0, 1),
        key_1KTD[0].transpose(0, 1),
        value_1KTD[0].transpose(0, 1),
        segments.starts,
        segments.starts,
        longest,
        longest,
        scale=scaling,
        window_size=(-1, 0),  # causal
        enable_gqa=query_1NTD.shape[1] != key_1KTD.shape[1],
    )
    assert isinstance(mixed_TND, Tensor), "nothing beside the output was asked for"
    return mixed_TND[None]


def _forked(
    branch: Branch,
    query_1NTD: Tensor,
    key_1KTD: Tensor,
    value_1KTD: Tensor,
    attend: Callable[..., Tensor],
) -> Tensor:
    """Attend along what is shared with the first continuation, and then along each other."""
    if query_1NTD.shape[2] <= _MAX_MASKED and len(branch.continuations) > _FEW:
        return attend(query_1NTD, key_1KTD, value_1KTD, sees=_who_sees(branch, query_1NTD.device))
    shared, first = branch.shared, branch.shared + sum(branch.continuations[:1])
    outputs = [attend(query_1NTD[:, :, :first], key_1KTD[:, :, :first], value_1KTD[:, :, :first])]
    start = first
    for length in branch.continuations[1:]:
        stop = start + length
        key, value = (
            torch.cat([kept[:, :, :shared], kept[:, :, start:stop]], dim=2)
            for kept in (key_1KTD, value_1KTD)
        )
        outputs.append(attend(query_1NTD[:, :, start:stop], key, value))
        start = stop
    return torch.cat(outputs, dim=2)


def _attention(
    query_1NTD: Tensor,
    key_1KTD: Tensor,
    value_1KTD: Tensor,
    *,
    scaling: float,
    dropout: float,
    sees: Tensor | None = None,
) -> Tensor:
    """Attend as `sees` [T, T] allows, or else causally; queries fewer than keys are the last."""
    length, asked = key_1KTD.shape[2], query_1NTD.shape[2]
    is_short_on_cpu = query_1NTD.device.type == "cpu" and length <= MAX_WRITTEN_OUT
    if is_short_on_cpu and query_1NTD.dtype == torch.bfloat16 and dropout == 0.0:
        causal = _causal_bias()[length - asked : length, :length]
        bias = causal if sees is None else _bias(sees)
        return _written_out(query_1NTD, key_1KTD, value_1KTD, scaling, bias)
    if sees is None and asked != length:
        sees = _last_rows(asked, length, query_1NTD.device)
    return functional.scaled_dot_product_attention(
        query_1NTD,
        key_1KTD,
        value_1KTD,
        attn_mask=sees,
        is_causal=sees is None,
        scale=scaling,
        dropout_p=dropout,
        enable_gqa=query_1NTD.shape[1] != key_1KTD.shape[1],
    )


def _written_out(
    query_BNTD: Tensor, key_BKTD: Tensor, value_BKTD: Tensor, scaling: float, bias_TT: Tensor
) -> Tensor:
    """Attention as two matrix products and a softmax.

    The fused bfloat16 kernel's backward pass on processors is five times slower than this for a
    hundred tokens, and no faster up to five hundred.
    """
    batch, heads, asked, size = query_BNTD.shape
    kv_heads, length = key_BKTD.shape[1:3]
    query = query_BNTD.reshape(batch * kv_heads, -1, size)
    key = key_BKTD.reshape(batch * kv_heads, length, size)
    scores = torch.bmm(query * scaling, key.transpose(1, 2)).view(-1, asked, length)
    weights = (scores + bias_TT).softmax(-1)
    value = value_BKTD.reshape(batch * kv_heads, length, size)
    mixed = torch.bmm(weights.view(batch * kv_heads, -1, length), value)
    return mixed.view(batch, heads, asked, size)


def _last_rows(asked: int, length: int, device: torch.device) -> Tensor:
    """Return which keys the last tokens of a text see."""
    every = torch.ones(asked, length, dtype=torch.bool, device=device)
    return every.tril(length - asked)


def _sees_blocks(blocks_T: Tensor) -> Tensor:
    causal = _last_rows(len(blocks_T), len(blocks_T), blocks_T.device)
    return causal | is_same_block(blocks_T)


@lru_cache(maxsize=_MAX_MASKS)
def _who_sees(branch: Branch, device: torch.device) -> Tensor:
    """Return for each token of a segment that forks which tokens it sees."""
    lengths = torch.tensor([branch.shared, *branch.continuations], device=device)
    part_T = torch.arange(len(lengths), device=device).repeat_interleave(lengths)
    is_own_or_shared = (part_T[:, None] == part_T) | (part_T == 0)
    return is_own_or_shared.tril()


def _bias(sees: Tensor) -> Tensor:
    return torch.zeros(sees.shape, dtype=torch.bfloat16).masked_fill_(~sees, float("-inf"))


@cache
def _causal_bias() -> Tensor:
    """Minus infinity above the diagonal, for the longest segment that is written out."""
    size = MAX_WRITTEN_OUT
    return torch.full((size, size), float("-inf"), dtype=torch.bfloat16).triu(1)


AttentionInterface.register(PACKED_ATTENTION, packed_attention)
# Nothing is registered to make masks: segments say already who may see whom, and without a maker
# transformers does not look into the positions for examples, which would wait for a GPU.
