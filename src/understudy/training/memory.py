"""Fits a run into the memory there is, or says why it cannot be: decided before it starts."""

import sys
from dataclasses import dataclass

from understudy.errors import JobFailedError
from understudy.modeling.activations import ActivationCost, measure_activations
from understudy.modeling.attention import PACKED_ATTENTION
from understudy.modeling.loading import LoadedBase
from understudy.modeling.lora import count_lora_weights
from understudy.modeling.packing import Packing
from understudy.modeling.recomputation import can_recompute
from understudy.planning.execution import MAX_TOKENS_AT_ONCE, Execution, Layout
from understudy.registry.tuning import FullTuning, LoraTuning, Tuning
from understudy.training.losses import LOGIT_BYTES_AT_ONCE

# The rest is for what is short-lived: gradients of activations, workspaces, fragmentation.
_USABLE_SHARE = 0.8
_GIGABYTE = 1e9
_FLOAT32_BYTES = 4


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What a run needs memory for, beside the weights that are loaded already."""

    layout: Layout
    is_alone: bool
    """Whether every example must be computed by itself."""
    activations: ActivationCost
    can_recompute: bool
    trained_weights: int
    training_bytes: int
    """Gradients, optimizer, masters, and the copy of them that is being saved."""
    logit_bytes: int
    """Logits that exist at once."""
    longest: int
    """Tokens of the longest example."""
    batch_size: int
    is_full: bool
    """Whether all weights are trained."""


def demand_of(
    base: LoadedBase, packing: Packing, tuning: Tuning, *, longest: int, batch_size: int
) -> Demand:
    """Measure what training a base on examples of up to `longest` tokens needs.

    Raises InvalidRequestError when it does not have the layers to adapt.
    """
    model = base.model
    layout = Layout.PACKED if longest <= packing.longest else Layout.PADDED
    model.set_attn_implementation(
        PACKED_ATTENTION if layout is Layout.PACKED else base.own_attention
    )
    if isinstance(tuning, LoraTuning):
        weights = count_lora_weights(model, rank=tuning.rank, targets=tuning.targets)
        weight_bytes = _FLOAT32_BYTES
    else:
        weights, weight_bytes = base.parameter_count, base.dtype.itemsize
    return Demand(
        layout=layout,
        is_alone=layout is Layout.PADDED and not packing.is_padding_exact,
        activations=measure_activations(model, layout, longest=_longest_probe(layout, packing)),
        can_recompute=can_recompute(model),
        trained_weights=weights,
        training_bytes=_training_bytes(
            weights, weight_bytes, is_saved_beside=model.device.type == "cpu"
        ),
        logit_bytes=_logit_bytes(model.config.get_text_config().vocab_size, longest * batch_size),
        longest=longest,
        batch_size=batch_size,
        is_full=isinstance(tuning, FullTuning),
    )


def _longest_probe(layout: Layout, packing: Packing) -> int:
    return packing.longest if layout is Layout.PACKED else sys.maxsize


def fit_in_memory(demand: Demand, free_bytes: int) -> Execution:
    """Choose how a run is computed within `free_bytes`, without recomputing if that is possible.

    Raises JobFailedError with the numbers when not even the longest example fits by itself.
    """
    fixed = demand.training_bytes + demand.logit_bytes
    room = free_bytes * _USABLE_SHARE - fixed
    longest = demand.longest
    # No step has more than its examples, so a small job does not have to fit a large batch.
    most = max(longest, min(MAX_TOKENS_AT_ONCE, demand.batch_size * longest))
    cost = demand.activations
    for recomputes in (False, True) if demand.can_recompute else (False,):
        needed = cost.kept_recomputing if recomputes else cost.kept
        tokens = min(most, int(room / needed(1, longest)))
        if tokens >= longest:
            return Execution(
                layout=demand.layout,
                tokens_per_micro_batch=1 if demand.is_alone else tokens,
                recomputes=recomputes,
            )
    least = (cost.kept_recomputing if demand.can_recompute else cost.kept)(longest, longest)
    raise _too_large(demand, fixed + least, free_bytes)


def _too_large(demand: Demand, needed_bytes: float, free_bytes: int) -> JobFailedError:
    least = needed_bytes / _USABLE_SHARE
    advice = "shorter examples, or a machine with more memory"
    if demand.is_full:
        advice = f'LoRA (training = "lora" for this base in understudy.toml), {advice}'
    return JobFailedError(
        f"This job does not fit in the memory of the server: beside the model it needs about "
        f"{_gigabytes(least)}, and {_gigabytes(free_bytes)} are free. "
        f"{_gigabytes(demand.training_bytes)} of it are for the gradients and the optimizer of "
        f"{demand.trained_weights:,} trained weights, the rest for the longest example of "
        f"{demand.longest:,} tokens. What helps: {advice}.",
        code="insufficient_memory",
        param="model",
    )


def _gigabytes(count: float) -> str:
    return f"{count / _GIGABYTE:,.2f} GB"


def _training_bytes(weights: int, weight_bytes: int, *, is_saved_beside: bool) -> int:
    """Return the bytes of gradients, optimizer and masters, and of the copy that is being saved.

    The copy lies beside them where models are computed in main memory.
    """
    moments = 2 * _FLOAT32_BYTES
    # A float32 weight is its own master; others have one, with a gradient of its own.
    masters = 0 if weight_bytes == _FLOAT32_BYTES else 2 * _FLOAT32_BYTES
    copy = weight_bytes + _FLOAT32_BYTES + moments if is_saved_beside else 0
    return weights * (weight_bytes + moments + masters + copy)


def _logit_bytes(vocabulary: int, most_rows: int) -> int:
    """Return the bytes of the logits that exist at once, with their gradients and softmax."""
    rows = min(most_rows, max(1, LOGIT_BYTES_AT_ONCE // (_FLOAT32_BYTES * vocabulary)))
    return 4 * _FLOAT32_BYTES * vocabulary * rows
