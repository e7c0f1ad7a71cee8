"""The two halves of a causal language model: hidden states of packed tokens, and the head.

T tokens, H hidden size.
"""

from torch import Tensor, nn
from transformers import PreTrainedModel


def hidden_states(
    model: PreTrainedModel, tokens_T: Tensor, positions_T: Tensor, segments: tuple[int, ...]
) -> Tensor:
    """Return the last hidden states [T, H] of examples laid end to end."""
    decoder: nn.Module = model.get_decoder()
    output = decoder(
        input_ids=tokens_T[None],
        position_ids=positions_T[None],
        segments=segments,
        use_cache=False,
    )
    return output.last_hidden_state[0]


def output_head(model: PreTrainedModel) -> nn.Module:
    """Return the layer that turns hidden states into logits."""
    head = model.get_output_embeddings()
    assert head is not None, "a causal language model has a head"
    return head
