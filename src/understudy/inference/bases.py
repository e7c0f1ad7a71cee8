"""From a base model's directory to an engine that serves it, or the reason why it cannot be."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import PreTrainedModel

from understudy.errors import InvalidRequestError
from understudy.inference.adapters import AdapterBank
from understudy.inference.engine import Engine
from understudy.inference.fitting import fitting_forward
from understudy.inference.limits import EngineLimits
from understudy.modeling.loading import load_base
from understudy.modeling.precision import fastest_dtype

_SMALL_BYTES = 256 * 1024 * 1024


def load_engine(directory: Path, limits: EngineLimits) -> Engine:
    """Load a base model and return an engine without rows.

    Raises:
        InvalidRequestError: The directory is not a model that can be served.
    """
    model, attention = _load(directory)
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    forward = context and fitting_forward(model, attention, int(context), limits)
    if not forward:
        raise InvalidRequestError(
            f"The architecture {type(model).__name__} cannot be served here: its forward takes "
            "neither our cache nor one of its own that grows token by token.",
            param="model",
        )
    return Engine(
        forward,
        AdapterBank(model, limit=limits.adapters),
        vocabulary=_vocabulary(model),
        chunk_tokens=limits.chunk_tokens,
    )


def weight_bytes(directory: Path) -> int:
    """Return the size of a base's weights on disk, which is about what they take in memory."""
    return sum(file.stat().st_size for file in directory.glob("*.safetensors"))


def _load(directory: Path) -> tuple[PreTrainedModel, str]:
    """Return the model and the name of the attention it came with."""
    # A small model is exact at no cost worth mentioning; a large one takes the fast format.
    dtype = torch.float32 if weight_bytes(directory) <= _SMALL_BYTES else fastest_dtype()
    try:
        try:
            return load_base(directory, dtype, attention="sdpa").model, "sdpa"
        except ValueError:
            # Some architectures have their own attention only, and say so with this error.
            return load_base(directory, dtype, attention="eager").model, "eager"
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as problem:
        raise InvalidRequestError(
            f"The base model in {directory.name} cannot be loaded: {problem}", param="model"
        ) from problem


def _vocabulary(model: PreTrainedModel) -> int:
    # The configuration may announce fewer tokens than a padded embedding has rows.
    embeddings = model.get_input_embeddings()
    assert isinstance(embeddings, nn.Embedding), "a causal model starts with an embedding"
    return embeddings.num_embeddings
