"""Losses as pure functions of a model and a micro-batch.

T tokens, R trained rows, H hidden size, V vocabulary.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from understudy.modeling.forward import hidden_states, output_head
from understudy.training.batching import MicroBatch

# Rows of logits that exist at once: [1024, 128k] in float32 is half a gigabyte.
_ROWS_AT_ONCE = 1024


class LossSum(NamedTuple):
    """Sums over trained tokens; the caller divides by the tokens of the whole step."""

    loss: Tensor
    """Cross-entropy in nats; carries the graph."""
    correct: Tensor
    """How many of the tokens were the model's first choice."""


def next_token_loss(model: PreTrainedModel, batch: MicroBatch) -> LossSum:
    """Cross-entropy of the trained tokens, with the head computed on their rows only."""
    hidden_TH = hidden_states(model, batch.tokens_T, batch.positions_T, batch.segments)
    hidden_RH = hidden_TH.index_select(0, batch.rows_R)
    head = output_head(model)
    loss = hidden_RH.new_zeros((), dtype=torch.float32)
    correct = torch.zeros((), dtype=torch.long, device=hidden_RH.device)
    for rows_RH, targets_R in zip(
        hidden_RH.split(_ROWS_AT_ONCE), batch.targets_R.split(_ROWS_AT_ONCE), strict=True
    ):
        part = _loss_of_rows(head, rows_RH, targets_R)
        loss = loss + part.loss
        correct = correct + part.correct
    return LossSum(loss, correct)


def _loss_of_rows(head: nn.Module, rows_RH: Tensor, targets_R: Tensor) -> LossSum:
    logits_RV = head(rows_RH).float()
    loss = functional.cross_entropy(logits_RV, targets_R, reduction="sum")
    return LossSum(loss, (logits_RV.detach().argmax(-1) == targets_R).sum())
