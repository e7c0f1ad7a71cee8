"""Fits a run into the memory there is, or says why it cannot be: decided before it starts."""

from dataclasses import dataclass

from understudy.errors import JobFailedError
from understudy.planning.activations import ActivationCost
from understudy.planning.execution import (
    LOGIT_BYTES_AT_ONCE,
    MAX_TOKENS_AT_ONCE,
    Execution,
    Layout,
)
from understudy.wording import worded

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
    image_bytes: int = 0
    """Features of images that are kept, and the tower that looks at one of them."""


def fit_in_memory(demand: Demand, free_bytes: int) -> Execution:
    """Choose how a run is computed within `free_bytes`, without recomputing if that is possible.

    Raises JobFailedError with the numbers when not even the longest example fits by itself.
    """
    fixed = demand.training_bytes + demand.logit_bytes + demand.image_bytes
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
    raise _too_large(demand, free_bytes)


def least_bytes(demand: Demand) -> float:
    """Return the least free memory in which `fit_in_memory` finds a way."""
    cost, longest = demand.activations, demand.longest
    kept = (cost.kept_recomputing if demand.can_recompute else cost.kept)(longest, longest)
    fixed = demand.training_bytes + demand.logit_bytes + demand.image_bytes
    return (fixed + kept) / _USABLE_SHARE


def _too_large(demand: Demand, free_bytes: int) -> JobFailedError:
    advice = worded("job.memory.shorter", "shorter examples, or a machine with more memory")
    if demand.is_full:
        advice = worded(
            "job.memory.lora",
            'LoRA (training = "lora" for this base in understudy.toml), {advice}',
            advice=advice,
        )
    return JobFailedError(
        worded(
            "job.memory",
            "This job does not fit in the memory of the server: beside the "
            "model it needs about {needed}, and {free} are free. {training} of "
            "it are for the gradients and the optimizer of {weights:,} trained "
            "weights, the rest for the longest example of {longest:,} tokens. "
            "What helps: {advice}.",
            needed=_gigabytes(least_bytes(demand)),
            free=_gigabytes(free_bytes),
            training=_gigabytes(demand.training_bytes),
            weights=demand.trained_weights,
            longest=demand.longest,
            advice=advice,
        ),
        code="insufficient_memory",
        param="model",
    )


def _gigabytes(count: float) -> str:
    return f"{count / _GIGABYTE:,.2f} GB"


def training_bytes(weights: int, weight_bytes: int, *, is_saved_beside: bool) -> int:
    """Return the bytes of gradients, optimizer and masters, and of the copy that is being saved.

    The copy lies beside them where models are computed in main memory.
    """
    moments = 2 * _FLOAT32_BYTES
    # A float32 weight is its own master; others have one, with a gradient of its own.
    masters = 0 if weight_bytes == _FLOAT32_BYTES else 2 * _FLOAT32_BYTES
    copy = weight_bytes + _FLOAT32_BYTES + moments if is_saved_beside else 0
    return weights * (weight_bytes + moments + masters + copy)


def logit_bytes(vocabulary: int, most_rows: int) -> int:
    """Return the bytes of the logits that exist at once, with their gradients and softmax."""
    rows = min(most_rows, max(1, LOGIT_BYTES_AT_ONCE // (_FLOAT32_BYTES * vocabulary)))
    return 4 * _FLOAT32_BYTES * vocabulary * rows
