"""What a model reads in one forward of spans, with images or without, and the logits it returns.

T tokens of the forward, L tokens whose logits are wanted, V vocabulary.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from understudy.inference.forward.layout import Span
from understudy.modeling.forward import logits_of, read_by
from understudy.modeling.vision.inserted import Inserted
from understudy.modeling.vision.positions import plain


def run_spans(
    model: PreTrainedModel, spans: Sequence[Span], **arguments: Any
) -> tuple[Tensor, object]:
    """Run a model over spans side by side; return the logits they want [L, V], and its cache.

    Texts go through the model as a whole, images through its language model, as in training.
    """
    # A number below zero stands for a part of an image, whose embedding is not the token's.
    ids = [max(0, token) for span in spans for token in span.tokens]
    ids_T = torch.tensor(ids, device=model.device)
    wanted_L = torch.tensor(wanted(spans), device=model.device)
    shown = _joined(spans)
    if shown is None:
        out = model(input_ids=ids_T[None], logits_to_keep=wanted_L, **arguments)
        return out.logits[0], out.past_key_values
    shown = shown.to(model.device)
    if shown.positions_3T is not None:
        arguments = {**arguments, "position_ids": shown.positions_3T[:, None]}
    read = read_by(model, ids_T, (1, len(ids)), shown)
    seen = model.get_decoder()(**read, **arguments)
    states_TH: Tensor = seen.last_hidden_state[0]
    return logits_of(model, states_TH.index_select(0, wanted_L)), seen.past_key_values


def _joined(spans: Sequence[Span]) -> Inserted | None:
    """Return what is shown in all spans, as if they were one; None where nothing is."""
    shown: list[Inserted] = []
    begin = 0
    for span in spans:
        if span.shown is not None:
            one = span.shown
            shown.append(
                Inserted(places_P=one.places_P + begin, features_PH=one.features_PH, deep=one.deep)
            )
        begin += len(span.tokens)
    if not shown:
        return None
    return Inserted(
        places_P=torch.cat([one.places_P for one in shown]),
        features_PH=torch.cat([one.features_PH for one in shown]),
        deep=tuple(torch.cat(layer) for layer in zip(*(one.deep for one in shown), strict=True)),
        positions_3T=_positions(spans),
    )


def _positions(spans: Sequence[Span]) -> Tensor | None:
    known = [None if span.shown is None else span.shown.positions_3T for span in spans]
    if all(one is None for one in known):
        return None
    return torch.cat(
        [
            plain(span.start, span.stop) if one is None else one
            for span, one in zip(spans, known, strict=True)
        ],
        dim=1,
    )


def wanted(spans: Sequence[Span]) -> list[int]:
    """Return which of the packed tokens' logits are wanted."""
    wanted: list[int] = []
    end = 0
    for span in spans:
        end += len(span.tokens)
        wanted += range(end - span.logit_count, end)
    return wanted
