"""Which forward fits a model: many rows in slots if a trial proves it, else one row at a time."""

import logging
from collections.abc import Iterator

import torch
from torch import Tensor
from transformers import PreTrainedModel

from understudy.inference.forward.attention import ATTENTION_NAME, Span
from understudy.inference.forward.forwards import Forward, OwnCacheForward, SlotForward
from understudy.inference.forward.packed_linear import (
    can_pack,
    pack_linear_layers,
    unpack_linear_layers,
)
from understudy.inference.limits import EngineLimits
from understudy.modeling.packing import has_batch_dependent_rope

_log = logging.getLogger(__name__)


def fitting_forward(
    model: PreTrainedModel, attention: str, context: int, limits: EngineLimits
) -> Forward | None:
    """Return the fastest forward that gives the model's own logits, or None if there is none.

    `attention` is the name of the attention function that the model was loaded with.
    """
    own = OwnCacheForward(model, context=context)
    expected = _tried(model, own)
    if expected is None:
        return None
    if _may_use_slots(model):
        model.set_attn_implementation(ATTENTION_NAME)
        slots = SlotForward(
            model, context=context, row_limit=limits.rows, cache_bytes=limits.cache_bytes
        )
        if _is_ours(model) and _agree(_tried(model, slots), expected):
            _pack_if_equal(model, slots, expected)
            return slots
        model.set_attn_implementation(attention)
    _log.info("%s is served one request at a time, with its own cache", type(model).__name__)
    _pack_if_equal(model, own, expected)
    return own


def is_servable(model: PreTrainedModel) -> bool:
    """Say whether a model that has its own attention can be served, in one way at least."""
    context = context_of(model)
    return (
        context is not None and _tried(model, OwnCacheForward(model, context=context)) is not None
    )


def context_of(model: PreTrainedModel) -> int | None:
    """Return how many tokens a model reads at most; None when it does not say."""
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return int(context) if context else None


def _pack_if_equal(model: PreTrainedModel, forward: Forward, expected: Tensor) -> None:
    """Pack the linear layers where this machine can and the model's logits stay what they are."""
    if not can_pack(model):
        return
    pack_linear_layers(model)
    if not _agree(_tried(model, forward), expected):
        unpack_linear_layers(model)
        _log.info("%s is served with its linear layers as they are", type(model).__name__)


def _may_use_slots(model: PreTrainedModel) -> bool:
    """Say whether nothing in the configuration speaks against slots.

    The trial that follows is too short to notice a window or frequencies that change with length.
    """
    config = model.config.get_text_config()
    has_other_layers = any(
        kind != "full_attention" for kind in getattr(config, "layer_types", None) or ()
    )
    has_window = bool(
        getattr(config, "sliding_window", None) and getattr(config, "use_sliding_window", True)
    )
    # Frequencies that follow a batch would let a row change its neighbours' answers.
    return not (has_other_layers or has_window or has_batch_dependent_rope(model))


def _is_ours(model: PreTrainedModel) -> bool:
    # Older architectures keep their own attention and only log that they do.
    name = model.config._attn_implementation  # pyright: ignore[reportPrivateUsage]
    return name == ATTENTION_NAME


def _tried(model: PreTrainedModel, forward: Forward) -> Tensor | None:
    """Read a prompt in two chunks, add two tokens, and return all logits; None if that fails."""
    try:
        with torch.inference_mode():
            return torch.cat(list(_trial_steps(model, forward)))
    # A third party's forward may fail on our arguments in any way; the answer is that it does.
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, RuntimeError) as problem:
        _log.info("%s does not fit %s: %s", type(model).__name__, type(forward).__name__, problem)
        return None
    finally:
        forward.clear()


def _trial_steps(model: PreTrainedModel, forward: Forward) -> Iterator[Tensor]:
    tokens = [number % model.config.get_text_config().vocab_size for number in range(3, 11)]
    for start, stop in ((0, 3), (3, 6), (6, 7), (7, 8)):
        forward.reserve(1, stop)
        yield forward.run([Span(0, start, tokens[start:stop])])


def _agree(ours: Tensor | None, expected: Tensor) -> bool:
    if ours is None:
        return False
    difference = (ours.float() - expected.float()).abs().max()
    tolerance = 1e-4 if expected.dtype == torch.float32 else 5e-2
    return bool(difference <= tolerance * expected.float().abs().max())
