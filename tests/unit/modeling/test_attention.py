import pytest
import torch
from torch.nn import functional

from understudy.modeling.attention import packed_attention


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
