"""Whether a model keeps examples apart when they are laid end to end in one row."""

import sys
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from understudy.errors import InvalidRequestError
from understudy.modeling.attention import PACKED_ATTENTION
from understudy.modeling.forward import hidden_states, logits_of
from understudy.planning.execution import Layout

_LENGTHS = (5, 7)
# Rounding in bfloat16 stays below this share of a token's state, and another attention does not.
_TOLERANCE = 0.1
# Another neighbour changes nothing, but for the rounding of experts that get more or fewer tokens.
_LEAK = {torch.float32: 1e-5, torch.bfloat16: 2e-2}
_BATCH_DEPENDENT_ROPE = ("dynamic", "longrope")


@dataclass(frozen=True, kw_only=True)
class Packing:
    """How far a model's examples can be packed."""

    longest: int
    """Tokens of the longest example that may lie in a packed row; 0 when none may."""
    reason: str
    """Why longer ones may not, as the end of a sentence about the model."""
    is_padding_exact: bool
    """Whether longer examples may share a padded batch; otherwise each is computed alone."""


def examine_packing(model: PreTrainedModel, own_attention: str) -> Packing:
    """Find out how a model's examples may be batched, and leave it with its `own_attention`.

    Convolutions, recurrent and linear-attention layers mix neighbouring examples whatever the
    attention does, so this is tried on the model and not read off its configuration.

    Raises InvalidRequestError when its loss cannot be computed here at all.
    """
    generator = torch.Generator().manual_seed(0)
    vocabulary: int = model.config.get_text_config().vocab_size
    one, other = torch.randint(0, vocabulary, (2, _LENGTHS[0]), generator=generator)
    example = torch.randint(0, vocabulary, (_LENGTHS[1],), generator=generator)
    with torch.no_grad():
        expected = _own_states(model, example)
        problem = _packing_problem(model, (one, other), example, expected)
    model.set_attn_implementation(own_attention)
    window = _shortest_window(model)
    original = _original_context(model)
    if problem is not None:
        return Packing(longest=0, reason=problem, is_padding_exact=original is None)
    if window is not None and (original is None or window <= original):
        reason = f"its attention looks back {window:,} tokens"
        return Packing(longest=window, reason=reason, is_padding_exact=original is None)
    if original is not None:
        reason = f"its positions change beyond {original:,} tokens"
        return Packing(longest=original, reason=reason, is_padding_exact=False)
    return Packing(longest=sys.maxsize, reason="", is_padding_exact=True)


def _own_states(model: PreTrainedModel, example: Tensor) -> Tensor:
    """Return the states of one example, having made sure that its logits are understood."""
    try:
        states = _states(model, [example], Layout.PADDED)
    # A third party's forward may fail on our arguments in any way; the answer is that it does.
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, RuntimeError) as problem:
        raise _not_trainable(model, str(problem)) from problem
    ours = logits_of(model, states)
    theirs = model(input_ids=example[None].to(model.device), use_cache=False).logits[0]
    if not _difference(ours, theirs) <= _TOLERANCE:
        raise _not_trainable(model, "its logits are made in a way that is not known here")
    return states


def _packing_problem(
    model: PreTrainedModel, neighbours: tuple[Tensor, Tensor], example: Tensor, expected: Tensor
) -> str | None:
    try:
        model.set_attn_implementation(PACKED_ATTENTION)
        # Older architectures keep their own attention and only log that they do.
        name = model.config._attn_implementation  # pyright: ignore[reportPrivateUsage]
        if name != PACKED_ATTENTION:
            return "its architecture has an attention of its own"
        beside_one, beside_other = (
            _states(model, [neighbour, example], Layout.PACKED)[len(neighbour) :]
            for neighbour in neighbours
        )
    except (TypeError, ValueError, AttributeError, RuntimeError, InvalidRequestError):
        return "its attention is not the plain causal one"
    if not _difference(beside_one, beside_other) <= _LEAK.get(model.dtype, _TOLERANCE):
        return "its layers would mix neighbouring examples"
    if not _difference(beside_one, expected) <= _TOLERANCE:
        return "its attention is not the plain causal one"
    return None


def _shortest_window(model: PreTrainedModel) -> int | None:
    config = model.config.get_text_config()
    window = getattr(config, "sliding_window", None)
    if not getattr(config, "use_sliding_window", True):
        window = None
    chunk = getattr(config, "attention_chunk_size", None)
    return min((int(size) for size in (window, chunk) if size), default=None)


def has_batch_dependent_rope(model: PreTrainedModel) -> bool:
    """Say whether a row's position frequencies follow the longest row of its batch."""
    rope = str(getattr(model.config.get_text_config(), "rope_parameters", None))
    return any(f"'{kind}'" in rope for kind in _BATCH_DEPENDENT_ROPE)


def _original_context(model: PreTrainedModel) -> int | None:
    """Return how many tokens the frequencies of a model stay the same for; None for all."""
    config = model.config.get_text_config()
    if not has_batch_dependent_rope(model):
        return None
    parameters = config.rope_parameters
    original = parameters.get("original_max_position_embeddings")
    return int(original or getattr(config, "original_max_position_embeddings", 0))


def _states(model: PreTrainedModel, examples: list[Tensor], layout: Layout) -> Tensor:
    device = model.device
    positions = torch.cat([torch.arange(len(example)) for example in examples])
    lengths = [len(example) for example in examples]
    tokens = torch.cat(examples).to(device)
    return hidden_states(model, tokens, positions.to(device), lengths, layout)


def _difference(ours: Tensor, theirs: Tensor) -> float:
    """Return the largest difference of a token's values as a share of their size."""
    error = (ours.float() - theirs.float()).norm(dim=-1) / theirs.float().norm(dim=-1)
    return error.max().item()


def _not_trainable(model: PreTrainedModel, why: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"Models of the architecture {model.config.model_type} cannot be trained here: {why}.",
        code="model_not_available",
        param="model",
    )
