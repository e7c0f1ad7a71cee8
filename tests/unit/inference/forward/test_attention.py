"""The attention of serving against the same attention, row by row and written out in full."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from understudy.inference.forward.attention import slot_attention
from understudy.inference.forward.layout import SlotLayout, Span

KV_HEADS, GROUP, SIZE = 2, 3, 8


def reference(
    query_HTD: Tensor,
    keys_SKPD: Tensor,
    values_SKPD: Tensor,
    spans: Sequence[Span],
    window: int | None = None,
    sinks_H: Tensor | None = None,
):
    outputs, begin = [], 0
    for span in spans:
        for place in range(len(span.tokens)):
            stop = span.start + place + 1
            seen = slice(0 if window is None else max(0, stop - window), stop)
            for head in range(KV_HEADS * GROUP):
                query_D = query_HTD[head, begin + place].float()
                key_PD = keys_SKPD[span.row, head // GROUP, seen].float()
                scores_P = key_PD @ query_D / SIZE**0.5
                if sinks_H is not None:
                    scores_P = torch.cat([scores_P, sinks_H[head : head + 1].float()])
                weights_P = scores_P.softmax(-1)[: len(key_PD)]
                outputs.append(weights_P @ values_SKPD[span.row, head // GROUP, seen].float())
        begin += len(span.tokens)
    return torch.stack(outputs).view(begin, KV_HEADS * GROUP, SIZE)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    "lengths", [[5], [5, 5], [5, 9], [7] * 6, [7, 8, 9, 5, 6, 7], [3, 3, 3, 3, 3, 250], [64] * 4]
)
@pytest.mark.parametrize("reading", [0, 1, 6])
@pytest.mark.parametrize("window", [None, 1, 4, 100])
@pytest.mark.parametrize("has_sinks", [False, True])
def test_every_row_sees_its_own_tokens_and_nothing_else(
    dtype: torch.dtype, lengths: list[int], reading: int, window: int | None, has_sinks: bool
):
    torch.manual_seed(len(lengths))
    spans = [Span(row, length - 1, [0]) for row, length in enumerate(lengths)]
    if reading:
        spans.append(Span(len(lengths), 4, [0] * reading))
    tokens = sum(len(span.tokens) for span in spans)
    query = torch.randn(1, KV_HEADS * GROUP, tokens, SIZE, dtype=dtype)
    keys, values = torch.randn(2, 8, KV_HEADS, 320, SIZE, dtype=dtype)
    sinks = torch.randn(KV_HEADS * GROUP, dtype=dtype) if has_sinks else None
    layout = SlotLayout(spans, 320, dtype, query.device)
    out, _ = slot_attention(
        nn.Identity(),
        query,
        keys,
        values,
        None,
        layout=layout,
        sliding_window=window,
        s_aux=sinks,
    )
    expected = reference(query[0], keys, values, spans, window, sinks)
    tolerance = 1e-5 if dtype == torch.float32 else 3e-2
    assert torch.allclose(out[0].float(), expected, atol=tolerance, rtol=tolerance)
