"""How likely a model finds whole answers: sums of the log-probabilities of their tokens.

R trained rows, A answers, H hidden size, V vocabulary.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from understudy.modeling.forward import hidden_states, logits_of, output_head
from understudy.planning.execution import LOGIT_BYTES_AT_ONCE
from understudy.training.preference.pairs import PairBatch


def answer_log_probabilities(
    model: PreTrainedModel, batch: PairBatch, *, logit_bytes: int = LOGIT_BYTES_AT_ONCE
) -> Tensor:
    """Return the log-probability [A] of every answer of a batch, in nats; carries the graph.

    The batch lies on the model's device. At most `logit_bytes` of logits exist at once.
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
    rows = max(1, logit_bytes // (4 * model.config.get_text_config().vocab_size))
    is_trained = torch.is_grad_enabled()
    head = [p for p in output_head(model).parameters() if is_trained and p.requires_grad]
    of_token_R = cast(
        Tensor, _TokenLogProbabilities.apply(hidden_RH, batch.targets_R, model, rows, *head)
    )
    sums_A = of_token_R.new_zeros(2 * len(batch.numbers))
    return sums_A.index_add(0, batch.answers_R, of_token_R)


class _TokenLogProbabilities(torch.autograd.Function):
    """Log-probabilities of chosen tokens, slice by slice; each slice is made again for gradients.

    The weight of a token in the loss is known only once all answers are: so the gradients cannot
    be taken while a slice is there, as those of the cross-entropy are.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden_RH: Tensor,
        targets_R: Tensor,
        model: PreTrainedModel,
        rows_at_once: int,
        *head: nn.Parameter,
    ) -> Tensor:
        ctx.save_for_backward(hidden_RH, targets_R)
        ctx.model, ctx.rows_at_once, ctx.head = model, rows_at_once, head
        slices = zip(hidden_RH.split(rows_at_once), targets_R.split(rows_at_once), strict=True)
        parts = [_of_slice(model, rows_RH, targets) for rows_RH, targets in slices]
        return torch.cat(parts) if parts else hidden_RH.new_zeros(0, dtype=torch.float32)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        hidden_RH, targets_R = ctx.saved_tensors
        (weights_R,) = grad_outputs
        gradients_R: list[Tensor] = []
        of_head = [torch.zeros_like(parameter) for parameter in ctx.head]
        for rows_RH, targets, weights in zip(
            hidden_RH.split(ctx.rows_at_once),
            targets_R.split(ctx.rows_at_once),
            weights_R.split(ctx.rows_at_once),
            strict=True,
        ):
            with torch.enable_grad():
                rows_RH = rows_RH.detach().requires_grad_()
                part = _of_slice(ctx.model, rows_RH, targets)
            of_rows_RH, *of_slice = torch.autograd.grad(part, [rows_RH, *ctx.head], weights)
            gradients_R.append(of_rows_RH)
            for total, gradient in zip(of_head, of_slice, strict=True):
                total += gradient
        of_hidden_RH = torch.cat(gradients_R) if gradients_R else torch.zeros_like(hidden_RH)
        return of_hidden_RH, None, None, None, *of_head


def _of_slice(model: PreTrainedModel, rows_RH: Tensor, targets_R: Tensor) -> Tensor:
    logits_RV = logits_of(model, rows_RH).float()
    chosen_R = logits_RV.gather(1, targets_R[:, None])[:, 0]
    return chosen_R - logits_RV.logsumexp(1)
