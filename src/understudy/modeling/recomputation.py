"""Recomputing a layer's activations in the backward pass instead of keeping them: less memory."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel
from transformers.modeling_layers import GradientCheckpointingLayer

from understudy.modeling.vision.language import language_modules


def can_recompute(model: PreTrainedModel) -> bool:
    """Say whether a model consists of layers that can be recomputed."""
    return bool(_layers(model))


@contextmanager
def recomputing(model: PreTrainedModel, *, is_on: bool) -> Generator[None]:
    """Let the model keep only the inputs of its layers, for as long as the context lasts."""
    layers: list[Any] = list(_layers(model)) if is_on else []
    # Nothing is random here, so there is no state of a generator to bring back.
    recompute = partial(checkpoint, use_reentrant=False, preserve_rng_state=False)
    for layer in layers:
        layer.gradient_checkpointing = True
        layer._gradient_checkpointing_func = recompute
        # transformers recomputes in training mode only. The flag is set for the layers alone: their
        # parts stay in evaluation mode, because dropout would make a resumed run another one.
        layer.training = True
    try:
        yield
    finally:
        for layer in layers:
            layer.gradient_checkpointing = False
            layer.training = False


@contextmanager
def without_recomputing(model: PreTrainedModel) -> Generator[None]:
    """Let layers be as outside of `recomputing`: one that recomputes takes no cache."""
    layers: list[Any] = [layer for layer in _layers(model) if layer.gradient_checkpointing]
    for layer in layers:
        layer.gradient_checkpointing = layer.training = False
    try:
        yield
    finally:
        for layer in layers:
            layer.gradient_checkpointing = layer.training = True


def _layers(model: PreTrainedModel) -> list[GradientCheckpointingLayer]:
    modules = (module for _, module in language_modules(model))
    return [module for module in modules if isinstance(module, GradientCheckpointingLayer)]
