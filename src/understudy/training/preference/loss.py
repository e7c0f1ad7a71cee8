"""The loss of direct preference optimization, and what is reported beside it.

Source: Rafailov et al. 2023, "Direct Preference Optimization", equation 7. P pairs, A answers.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from understudy.training.preference.log_probabilities import answer_log_probabilities
from understudy.training.preference.pairs import PairBatch

REWARD_ACCURACY = "reward_accuracy"
"""Share of the pairs whose preferred answer has the higher reward; equal ones do not count."""
REWARD_MARGIN = "reward_margin"
"""Mean of the preferred answer's reward above the other's."""
CHOSEN_REWARD = "chosen_reward"
REJECTED_REWARD = "rejected_reward"
CHOSEN_LOGPS = "chosen_logps"
"""Mean log-probability of the preferred answers, in nats."""
REJECTED_LOGPS = "rejected_logps"


class PreferenceSums(NamedTuple):
    """Sums over pairs; the caller divides by the pairs of the whole step."""

    loss: Tensor
    """Carries the graph."""
    measures: Mapping[str, Tensor]
    """Sums without a graph."""


def preference_loss(
    model: PreTrainedModel,
    batch: PairBatch,
    reference_A: Tensor,
    *,
    beta: float,
    sft_weight: float = 0.0,
) -> PreferenceSums:
    """Return `-log sigmoid(beta * (log-ratio of preferred - log-ratio of rejected))`, summed.

    `reference_A` are the answers' log-probabilities under the model that training started from.
    `sft_weight` adds the preferred answers' mean cross-entropy, each answer weighing the same.
    """
    log_probabilities_A = answer_log_probabilities(model, batch)
    chosen_P, rejected_P = log_probabilities_A.view(-1, 2).unbind(1)
    rewards_A = beta * (log_probabilities_A - reference_A)
    chosen_reward_P, rejected_reward_P = rewards_A.view(-1, 2).unbind(1)
    margin_P = chosen_reward_P - rejected_reward_P
    loss = -functional.logsigmoid(margin_P).sum()
    if sft_weight:
        lengths_A = torch.bincount(batch.answers_R, minlength=len(log_probabilities_A))
        loss = loss - sft_weight * (chosen_P / lengths_A.view(-1, 2)[:, 0]).sum()
    measures = {
        REWARD_ACCURACY: (margin_P > 0).float(),
        REWARD_MARGIN: margin_P,
        CHOSEN_REWARD: chosen_reward_P,
        REJECTED_REWARD: rejected_reward_P,
        CHOSEN_LOGPS: chosen_P,
        REJECTED_LOGPS: rejected_P,
    }
    return PreferenceSums(loss, {name: values.detach().sum() for name, values in measures.items()})
