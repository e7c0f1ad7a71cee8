"""A second model over the same weights, so that one can be trained beside the other."""

import copy

from transformers import PreTrainedModel


def twin_of(model: PreTrainedModel) -> PreTrainedModel:
    """Return a copy of a model's modules that shares its parameters and buffers.

    What is added to one, such as an adapter, the other does not have; a weight that changes
    changes for both.
    """
    tensors = (*model.parameters(), *model.buffers())
    return copy.deepcopy(model, {id(tensor): tensor for tensor in tensors})
