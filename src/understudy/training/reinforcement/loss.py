"""The loss of a policy gradient: the log-probability of what was drawn, weighed by its advantage.

T tokens, R trained rows, H hidden size.
"""

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor
from transformers import PreTrainedModel

from understudy.modeling.forward import hidden_states
from understudy.planning.execution import LOGIT_BYTES_AT_ONCE
from understudy.training.reinforcement.episodes import EpisodeBatch
from understudy.training.token_log_probabilities import token_log_probabilities

SAMPLER_TRAINER_KL = "sampler_trainer_kl"
"""How far the model that drew the answers is from the one that learns from them: they are the same,
so that this is what different kernels make of it. In nats a token."""


class PolicySums(NamedTuple):
    """Sums over trained tokens; the caller divides by the denominator of the whole step."""

    loss: Tensor
    """Carries the graph."""
    measures: Mapping[str, Tensor]
    """Sums without a graph."""


def policy_loss(
    model: PreTrainedModel, batch: EpisodeBatch, *, logit_bytes: int = LOGIT_BYTES_AT_ONCE
) -> PolicySums:
    """Return `-advantage * log-probability` over the drawn tokens, summed.

    Every step is made of answers that its own weights drew, so that there is no ratio to clip.
    With `EpisodeStep.denominator` this is Dr. GRPO without a reference.

    Source: Liu et al. 2025, arXiv:2503.20783, section 3.
    """
    hidden_TH = hidden_states(
        model,
        batch.tokens_T,
        batch.positions_T,
        batch.segments,
        batch.layout,
        branches=batch.branches,
    )
    hidden_RH = hidden_TH.index_select(0, batch.rows_R)
    of_token_R = token_log_probabilities(model, hidden_RH, batch.targets_R, logit_bytes=logit_bytes)
    loss = -(batch.advantages_R * of_token_R).sum()
    apart_R = of_token_R.detach() - batch.drawn_R
    # Schulman's estimator: never negative, and exact where the two are near.
    kl = (apart_R.exp() - 1 - apart_R).sum()
    return PolicySums(loss, {SAMPLER_TRAINER_KL: kl})
