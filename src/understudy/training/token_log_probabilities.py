"""How likely a model finds given tokens, with the logits of a slice in memory at a time.

R trained rows, H hidden size, V vocabulary.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from understudy.modeling.forward import logits_of, output_head
from understudy.planning.execution import LOGIT_BYTES_AT_ONCE


def token_log_probabilities(
    model: PreTrainedModel,
    hidden_RH: Tensor,
    targets_R: Tensor,
    *,
    logit_bytes: int = LOGIT_BYTES_AT_ONCE,
) -> Tensor:
    """Return the log-probability [R] of each target after its hidden state; carries the graph.

    At most `logit_bytes` of logits exist at once.
    """
    rows = max(1, logit_bytes // (4 * model.config.get_text_config().vocab_size))
    is_trained = torch.is_grad_enabled()
    head = [p for p in output_head(model).parameters() if is_trained and p.requires_grad]
    return cast(Tensor, _TokenLogProbabilities.apply(hidden_RH, targets_R, model, rows, *head))


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
