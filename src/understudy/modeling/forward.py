"""The two halves of a causal language model: hidden states of many examples, and their logits.

T tokens of all examples end to end, B examples, L tokens of the longest, R rows, H hidden size,
V vocabulary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.masking_utils import create_masks_for_generate

from understudy.modeling.attention import Branch, Segments
from understudy.modeling.vision.inserted import Inserted
from understudy.planning.execution import Layout


def hidden_states(
    model: PreTrainedModel,
    tokens_T: Tensor,
    positions_T: Tensor,
    lengths: Sequence[int],
    layout: Layout = Layout.PACKED,
    *,
    branches: Sequence[Branch] | None = None,
    inserted: Inserted | None = None,
) -> Tensor:
    """Return the last hidden states [T, H] of examples of so many tokens, laid end to end.

    With `branches`, for packed rows only, each example forks into two. `inserted` are the features
    of the images of all examples.
    """
    if layout is Layout.PADDED:
        return _padded_states(model, tokens_T, lengths, inserted)
    decoder: nn.Module = model.get_decoder()
    positions = positions_T[None]
    if inserted is not None and inserted.positions_3T is not None:
        positions = inserted.positions_3T[:, None]
    output = decoder(
        **read_by(model, tokens_T, tokens_T[None].shape, inserted),
        position_ids=positions,
        segments=Segments.of(lengths, tokens_T.device, branches, inserted and inserted.blocks_T),
        use_cache=False,
    )
    return output.last_hidden_state[0]


def read_by(
    model: PreTrainedModel, tokens_T: Tensor, shape: Sequence[int], inserted: Inserted | None
) -> Mapping[str, Any]:
    """Return what the decoder reads of tokens: their ids, or embeddings where images are shown."""
    if inserted is None:
        return {"input_ids": tokens_T.view(shape)}
    embeddings = model.get_input_embeddings()
    assert embeddings is not None, "a causal language model embeds its tokens"
    return inserted.arguments(embeddings(tokens_T), shape)


def _padded_states(
    model: PreTrainedModel,
    tokens_T: Tensor,
    lengths: Sequence[int],
    inserted: Inserted | None,
) -> Tensor:
    # Where the tokens lie is worked out on the processor: asking a GPU would wait for it.
    is_token_BL = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    places_T = is_token_BL.flatten().nonzero()[:, 0].to(tokens_T.device, non_blocking=True)
    tokens_BL = tokens_T.new_zeros(is_token_BL.numel()).index_copy(0, places_T, tokens_T)
    decoder: nn.Module = model.get_decoder()
    arguments: dict[str, Any] = {
        "attention_mask": is_token_BL.long().to(tokens_T.device, non_blocking=True)
    }
    if inserted is not None:
        arguments |= _padded(inserted, places_T, is_token_BL.shape)
        inserted = replace(inserted, places_P=places_T.index_select(0, inserted.places_P))
    read = read_by(model, tokens_BL, is_token_BL.shape, inserted)
    if "block_sequence_ids" in arguments:
        arguments = {
            "attention_mask": create_masks_for_generate(
                config=model.config.get_text_config(),
                inputs_embeds=read["inputs_embeds"],
                past_key_values=None,
                position_ids=None,
                **arguments,
            )
        }
    output = decoder(**read, **arguments, use_cache=False)
    return output.last_hidden_state.flatten(0, 1).index_select(0, places_T)


def _padded(inserted: Inserted, places_T: Tensor, shape: Sequence[int]) -> dict[str, Tensor]:
    """Return positions and blocks of tokens where these lie in a padded batch."""
    arguments: dict[str, Tensor] = {}
    rows, columns = shape
    if inserted.positions_3T is not None:
        empty = inserted.positions_3T.new_zeros(3, rows * columns)
        filled = empty.index_copy(1, places_T, inserted.positions_3T)
        arguments["position_ids"] = filled.view(3, rows, columns)
    if inserted.blocks_T is not None:
        empty = inserted.blocks_T.new_full((rows * columns,), -1)
        filled = empty.index_copy(0, places_T, inserted.blocks_T)
        arguments["block_sequence_ids"] = filled.view(rows, columns)
    return arguments


def logits_of(model: PreTrainedModel, hidden_RH: Tensor) -> Tensor:
    """Return the logits [R, V] of hidden states, scaled and capped as the model's family does."""
    config = model.config.get_text_config()
    logits_RV: Tensor = output_head(model)(hidden_RH)
    for factor in ("logit_scale", "lm_head_multiplier"):  # Cohere, Falcon-H1
        logits_RV = _unless_one(getattr(config, factor, None), logits_RV)
    divisor = getattr(config, "logits_scaling", None)  # Granite
    if divisor is not None and divisor != 1:
        logits_RV = logits_RV / divisor
    cap = getattr(config, "final_logit_softcapping", None)  # Gemma 2
    if cap is not None:
        logits_RV = cap * torch.tanh(logits_RV / cap)
    return logits_RV


def output_head(model: PreTrainedModel) -> nn.Module:
    """Return the layer that turns hidden states into logits."""
    head = model.get_output_embeddings()
    assert head is not None, "a causal language model has a head"
    return cast(nn.Module, head)


def _unless_one(factor: float | None, logits_RV: Tensor) -> Tensor:
    return logits_RV if factor is None or factor == 1 else logits_RV * factor
