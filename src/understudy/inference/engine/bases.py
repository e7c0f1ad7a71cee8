"""From a base model's directory to an engine that serves it, or the reason why it cannot be."""

from functools import partial
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import PreTrainedModel

from understudy.errors import InvalidRequestError
from understudy.inference.engine.engine import Engine
from understudy.inference.engine.seen_images import kept_picture
from understudy.inference.forward.adapters import AdapterBank
from understudy.inference.forward.fitting import context_of, fitting_forward
from understudy.inference.forward.packed_linear import bytes_in_memory
from understudy.inference.limits import EXACT_BYTES, EngineLimits
from understudy.modeling.loading import load_with_own_attention, sees_images
from understudy.modeling.precision import fastest_dtype
from understudy.modeling.vision.features import ImageFeatures


def load_engine(directory: Path, limits: EngineLimits, blobs: Path | None = None) -> Engine:
    """Return an engine without rows; raises InvalidRequestError for what cannot be served.

    `blobs` is the folder with the bytes of images.
    """
    model, attention = _load(directory)
    context = context_of(model)
    fitting = context and fitting_forward(model, attention, context, limits)
    if not fitting:
        raise InvalidRequestError(
            f"The architecture {type(model).__name__} cannot be served here: its forward takes "
            "neither our cache nor one of its own that grows token by token.",
            param="model",
        )
    return Engine(
        fitting.forward,
        AdapterBank(model, limit=limits.adapters),
        vocabulary=_vocabulary(model),
        weight_bytes=bytes_in_memory(model),
        chunk_tokens=limits.chunk_tokens,
        fit=fitting.fit,
        features=_features(model, directory, blobs),
        image_token=getattr(model.config, "image_token_id", None),
    )


def _features(model: PreTrainedModel, directory: Path, blobs: Path | None) -> ImageFeatures | None:
    if blobs is None or not sees_images(directory):
        return None
    return ImageFeatures(model, directory, partial(kept_picture, blobs))


def weight_bytes(directory: Path) -> int:
    """Return the size of a base's weights on disk, about what they will take in memory."""
    return sum(file.stat().st_size for file in directory.glob("*.safetensors"))


def _load(directory: Path) -> tuple[PreTrainedModel, str]:
    """Return the model and the name of the attention it came with."""
    # A small model is exact at no cost worth mentioning; a large one takes the fast format.
    dtype = torch.float32 if weight_bytes(directory) <= EXACT_BYTES else fastest_dtype()
    try:
        base = load_with_own_attention(directory, dtype)
        return base.model, base.own_attention
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as problem:
        raise InvalidRequestError(
            f"The base model in {directory.name} cannot be loaded: {problem}", param="model"
        ) from problem


def _vocabulary(model: PreTrainedModel) -> int:
    # The configuration may announce fewer tokens than a padded embedding has rows.
    embeddings = model.get_input_embeddings()
    assert isinstance(embeddings, nn.Embedding), "a causal model starts with an embedding"
    return embeddings.num_embeddings
