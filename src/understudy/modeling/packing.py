"""Whether a model keeps examples apart when they are laid end to end in one row."""

import sys
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from understudy.errors import InvalidRequestError
from understudy.modeling.attention import PACKED_ATTENTION
from understudy.modeling.forward import hidden_states, logits_of
from understudy.modeling.free_memory import is_out_of_memory
from understudy.modeling.own_faults import CANNOT_RUN, UnsupportedAttentionError
from understudy.modeling.trials import (
    MAX_RELATIVE_DIFFERENCE,
    Agreement,
    in_float32,
    likely_tokens,
    log_probability_gap,
    relative_difference,
)
from understudy.modeling.vision.language import attend_with
from understudy.planning.execution import Layout

_LENGTH = 8
_MAX_WORDS = 200
# Another neighbour changes nothing, but for the rounding of experts that get more or fewer tokens.
_MAX_LEAK = 1e-5
_SEEDS = (0, 1, 2)
"""Rounding is another one for other tokens: one trial that holds is enough."""
# Frequencies that follow the longest example of a batch change with its neighbours.
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
    numbers: str = ""
    """What the trial measured, as the end of a sentence; empty where there was none."""


def examine_packing(model: PreTrainedModel, own_attention: str) -> Packing:
    """Find out how a model's examples may be batched, and leave it with its `own_attention`.

    Convolutions, recurrent and linear-attention layers mix neighbouring examples whatever the
    attention does, so this is tried on the model and not read off its configuration.

    Raises InvalidRequestError when its loss cannot be computed here at all.
    """
    try:
        verdict = _verdict(model, own_attention)
    finally:
        attend_with(model, own_attention)
    window = _shortest_window(model)
    original = _original_context(model)
    if isinstance(verdict, str):
        return Packing(longest=0, reason=verdict, is_padding_exact=original is None)
    numbers = verdict.in_words()
    if window is not None and (original is None or window <= original):
        reason = f"its attention looks back {window:,} tokens"
        return Packing(
            longest=window, reason=reason, is_padding_exact=original is None, numbers=numbers
        )
    if original is not None:
        reason = f"its positions change beyond {original:,} tokens"
        return Packing(longest=original, reason=reason, is_padding_exact=False, numbers=numbers)
    return Packing(longest=sys.maxsize, reason="", is_padding_exact=True, numbers=numbers)


@dataclass(frozen=True, kw_only=True)
class _Texts:
    """Tokens that a model wrote itself: an example, and two that could lie before it."""

    example: Tensor
    neighbours: tuple[Tensor, Tensor]


def _verdict(model: PreTrainedModel, own_attention: str) -> Agreement | str:
    """Return how well packed examples agree with single ones, or why they must not be packed."""
    best: Agreement | None = None
    for seed in _SEEDS:
        attend_with(model, own_attention)
        texts, own, reference = _own_logits(model, seed)
        outcome = _packed(model, texts, own, reference)
        if isinstance(outcome, str) or outcome.holds:
            return outcome
        best = outcome if best is None or outcome.gap < best.gap else best
    assert best is not None, "there is at least one seed"
    return f"its attention is not the plain causal one: {best.in_words()}"


def _own_logits(model: PreTrainedModel, seed: int) -> tuple[_Texts, Tensor, Tensor]:
    """Return texts, and the example's logits in the model's own format and in float32.

    Raises InvalidRequestError where the logits are made in a way that is not known here.
    """
    try:
        example, one, other = (
            torch.tensor(likely_tokens(model, length, seed=3 * seed + number))
            for number, length in enumerate((_LENGTH, _LENGTH - 2, _LENGTH - 2))
        )
        own = _logits(model, [example], Layout.PADDED)
        with in_float32(model), torch.no_grad():
            reference = _logits(model, [example], Layout.PADDED)
            ids = example[None].to(model.device)
            theirs = model(input_ids=ids, use_cache=False).logits[0]
    # A third party's forward may fail on our arguments in any way; the answer is that it does.
    except CANNOT_RUN as problem:
        if is_out_of_memory(problem):
            raise
        raise _not_trainable(model, str(problem)) from problem
    if not relative_difference(reference, theirs) <= MAX_RELATIVE_DIFFERENCE:
        raise _not_trainable(model, "its logits are made in a way that is not known here")
    return _Texts(example=example, neighbours=(one, other)), own, reference


def _packed(
    model: PreTrainedModel, texts: _Texts, own: Tensor, reference: Tensor
) -> Agreement | str:
    attend_with(model, PACKED_ATTENTION)
    # Older architectures keep their own attention and only log that they do.
    name = model.config._attn_implementation  # pyright: ignore[reportPrivateUsage]
    if name != PACKED_ATTENTION:
        return "its architecture has an attention of its own"
    try:
        with in_float32(model):
            beside_one, beside_other = (
                _logits(model, [neighbour, texts.example], Layout.PACKED)
                for neighbour in texts.neighbours
            )
        ours = _logits(model, [texts.neighbours[0], texts.example], Layout.PACKED)
    except UnsupportedAttentionError as problem:
        return problem.message
    except CANNOT_RUN as problem:
        if is_out_of_memory(problem):
            raise
        return f"it cannot be computed in one row: {' '.join(str(problem).split())[:_MAX_WORDS]}"
    if not relative_difference(beside_one, beside_other) <= _MAX_LEAK:
        return "its layers would mix neighbouring examples"
    return Agreement(
        float32_difference=relative_difference(beside_one, reference),
        gap=log_probability_gap(ours, reference),
        own_gap=log_probability_gap(own, reference),
    )


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


@torch.no_grad()
def _logits(model: PreTrainedModel, examples: list[Tensor], layout: Layout) -> Tensor:
    """Return the logits of the last example's tokens."""
    device = model.device
    positions = torch.cat([torch.arange(len(example)) for example in examples])
    lengths = [len(example) for example in examples]
    tokens = torch.cat(examples).to(device)
    states = hidden_states(model, tokens, positions.to(device), lengths, layout)
    return logits_of(model, states[-lengths[-1] :])


def _not_trainable(model: PreTrainedModel, why: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"Models of the architecture {model.config.model_type} cannot be trained here: {why}.",
        code="model_not_available",
        param="model",
    )
