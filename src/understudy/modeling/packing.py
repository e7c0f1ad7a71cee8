"""Whether a model keeps examples apart when they are laid end to end in one row."""

import torch
from torch import Tensor
from transformers import PreTrainedModel

from understudy.errors import InvalidRequestError
from understudy.modeling.forward import hidden_states

_LENGTHS = (5, 7)
# Rounding in bfloat16 stays well below this share; one token seen across the border does not.
_TOLERANCE = 0.05


def check_packing(model: PreTrainedModel) -> None:
    """Raise InvalidRequestError unless an example's hidden states are its own in a packed row.

    Convolutions, recurrent and linear-attention layers mix neighbouring examples whatever the
    attention does, so this is tried on the model and not read off its configuration.
    """
    vocabulary: int = model.config.get_text_config().vocab_size
    generator = torch.Generator().manual_seed(0)
    first, second = (
        torch.randint(0, vocabulary, (length,), generator=generator) for length in _LENGTHS
    )
    with torch.no_grad():
        alone = _states(model, second)
        packed = _states(model, first, second)[len(first) :]
    error = (packed - alone).norm() / alone.norm()
    if not error <= _TOLERANCE:
        raise InvalidRequestError(
            f"Models of the architecture {model.config.model_type} mix neighbouring examples of a "
            "batch, so they cannot be trained here yet.",
            code="model_not_available",
            param="model",
        )


def _states(model: PreTrainedModel, *examples: Tensor) -> Tensor:
    positions = torch.cat([torch.arange(len(example)) for example in examples])
    lengths = tuple(len(example) for example in examples)
    return hidden_states(model, torch.cat(examples), positions, lengths).float()
