import pytest
import torch
from torch import Tensor
from torch.nn import functional

from understudy.modeling import attention
from understudy.modeling.attention import Segments, packed_attention


@pytest.mark.parametrize("length", [1, 7, 130])
def test_attention_written_out_equals_the_fused_kernel(length: int):
    torch.manual_seed(0)
    query = torch.randn(1, 4, length, 16, dtype=torch.bfloat16)
    key, value = (torch.randn(1, 2, length, 16, dtype=torch.bfloat16) for _ in range(2))

    ours, _ = packed_attention(torch.nn.Identity(), query, key, value, None, scaling=0.25)
    exact = functional.scaled_dot_product_attention(
        query.float(), key.float(), value.float(), is_causal=True, scale=0.25, enable_gqa=True
    )

    torch.testing.assert_close(ours.transpose(1, 2).float(), exact, rtol=3e-2, atol=3e-2)


def slow_varlen(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    cu_seq_q: Tensor,
    cu_seq_k: Tensor,
    max_q: int,
    max_k: int,
    *,
    scale: float,
    window_size: tuple[int, int],
    enable_gqa: bool,
) -> Tensor:
    """What torch documents of its variable-length kernel, one segment after the other."""
    assert cu_seq_q.dtype == cu_seq_k.dtype == torch.int32
    assert window_size == (-1, 0)
    sizes = cu_seq_q.diff().tolist()
    assert max(sizes) == max_q == max_k
    parts = [
        functional.scaled_dot_product_attention(
            *(part.transpose(0, 1)[None] for part in parts),
            is_causal=True,
            scale=scale,
            enable_gqa=enable_gqa,
        )[0].transpose(0, 1)
        for parts in zip(query.split(sizes), key.split(sizes), value.split(sizes), strict=True)
    ]
    return torch.cat(parts)


@pytest.mark.parametrize("kv_heads", [2, 4])
def test_the_kernel_for_gpus_is_asked_for_what_the_processor_computes(
    monkeypatch: pytest.MonkeyPatch, kv_heads: int
):
    torch.manual_seed(0)
    query = torch.randn(1, 4, 12, 16)
    key, value = (torch.randn(1, kv_heads, 12, 16) for _ in range(2))
    segments = Segments.of([5, 1, 6], query.device)
    expected, _ = packed_attention(
        torch.nn.Identity(), query, key, value, None, scaling=0.25, segments=segments
    )
    monkeypatch.setattr(attention, "varlen_attn", slow_varlen)

    ours = attention._flash(query, key, value, segments, 0.25)

    torch.testing.assert_close(ours, expected)
