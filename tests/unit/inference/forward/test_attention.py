"""The attention of serving against the same attention, row by row and written out in full."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from understudy.inference.forward.attention import SlotLayout, Span, slot_attention

KV_HEADS, GROUP, SIZE = 2, 3, 8


def reference(query_HTD: Tensor, keys_SKPD: Tensor, values_SKPD: Tensor, spans: Sequence[Span]):
    outputs, begin = [], 0
    for span in spans:
        for place in range(len(span.tokens)):
            seen = span.start + place + 1
            for head in range(KV_HEADS * GROUP):
                query_D = query_HTD[head, begin + place].float()
                key_PD = keys_SKPD[span.row, head // GROUP, :seen].float()
                weights_P = (key_PD @ query_D / SIZE**0.5).softmax(-1)
                outputs.append(weights_P @ values_SKPD[span.row, head // GROUP, :seen].float())
        begin += len(span.tokens)
    return torch.stack(outputs).view(begin, KV_HEADS * GROUP, SIZE)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    "lengths", [[5], [5, 5], [5, 9], [7] * 6, [7, 8, 9, 5, 6, 7], [3, 3, 3, 3, 3, 250], [64] * 4]
)
@pytest.mark.parametrize("reading", [0, 1, 6])
def test_every_row_sees_its_own_tokens_and_nothing_else(
    dtype: torch.dtype, lengths: list[int], reading: int
):
    torch.manual_seed(len(lengths))
    spans = [Span(row, length - 1, [0]) for row, length in enumerate(lengths)]
    if reading:
        spans.append(Span(len(lengths), 4, [0] * reading))
    tokens = sum(len(span.tokens) for span in spans)
    query = torch.randn(1, KV_HEADS * GROUP, tokens, SIZE, dtype=dtype)
    keys, values = torch.randn(2, 8, KV_HEADS, 320, SIZE, dtype=dtype)
    layout = SlotLayout(spans, 320, dtype, query.device)
    out, _ = slot_attention(nn.Identity(), query, keys, values, None, layout=layout)
    expected = reference(query[0], keys, values, spans)
    tolerance = 1e-5 if dtype == torch.float32 else 3e-2
    assert torch.allclose(out[0].float(), expected, atol=tolerance, rtol=tolerance)
