"""How much memory a model's activations take until the backward pass, measured on the model."""

import torch
from torch import Tensor
from transformers import PreTrainedModel

from understudy.modeling.forward import hidden_states
from understudy.planning.activations import MAX_WRITTEN_OUT, ActivationCost
from understudy.planning.execution import Layout

# Two lengths show what grows with the tokens from what grows with their pairs. Linear attention
# works in chunks of 64 tokens.
_SHORT, _LONG = 64, 128


def measure_activations(
    model: PreTrainedModel, layout: Layout, *, longest: int = _LONG
) -> ActivationCost:
    """Run the model on two short examples and count what is kept for the backward pass.

    Its attention is the one that fits the layout, and takes examples of up to `longest` tokens.
    """
    many = min(_LONG, max(2, longest))
    few = min(_SHORT, many // 2)
    fewer_bytes, more_bytes = (_kept_bytes(model, tokens, layout) for tokens in (few, many))
    per_pair = max(0.0, (more_bytes / many - fewer_bytes / few) / (many - few))
    config = model.config.get_text_config()
    return ActivationCost(
        bytes_per_token=fewer_bytes / few - per_pair * few,
        bytes_per_pair=per_pair,
        longest_with_pairs=MAX_WRITTEN_OUT if layout is Layout.PACKED else None,
        layers=max(1, int(config.num_hidden_layers)),
        bytes_per_layer_input=int(config.hidden_size) * model.dtype.itemsize,
    )


def _kept_bytes(model: PreTrainedModel, tokens: int, layout: Layout) -> int:
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        address = tensor.untyped_storage().data_ptr()
        if address not in weights:
            kept[address] = tensor
        return tensor

    device = model.device
    ids = torch.arange(tokens, device=device) % model.config.get_text_config().vocab_size
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    model.requires_grad_(True)
    try:
        with torch.autograd.graph.saved_tensors_hooks(keep, _unchanged):
            hidden_states(model, ids, torch.arange(tokens, device=device), (tokens,), layout)
        return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())
    finally:
        model.requires_grad_(False)
        for parameter in trained:
            parameter.requires_grad_(True)


def _unchanged(tensor: Tensor) -> Tensor:
    return tensor
