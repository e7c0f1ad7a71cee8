"""Losses as pure functions of a model and a micro-batch.

T tokens, R trained rows, H hidden size, V vocabulary.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from understudy.modeling.forward import hidden_states, logits_of, output_head
from understudy.planning.execution import LOGIT_BYTES_AT_ONCE
from understudy.training.batching import MicroBatch

TOKEN_ACCURACY = "token_accuracy"
"""Share of the trained tokens that were the model's first choice."""

SliceLoss = Callable[[Tensor, slice], tuple[Tensor, Tensor]]
"""From the float32 logits [R, V] of some rows to a loss and to sums that need no gradient."""


class LossSum(NamedTuple):
    """Sums over trained tokens; the caller divides by the tokens of the whole step."""

    loss: Tensor
    """Cross-entropy in nats; carries the graph."""
    correct: Tensor
    """How many of the tokens were the model's first choice."""

    @property
    def measures(self) -> Mapping[str, Tensor]:
        """What a step reports beside its loss."""
        return {TOKEN_ACCURACY: self.correct}


def next_token_loss(
    model: PreTrainedModel, batch: MicroBatch, *, logit_bytes: int = LOGIT_BYTES_AT_ONCE
) -> LossSum:
    """Cross-entropy of the trained tokens, with the head computed on their rows only.

    The batch lies on the model's device. At most `logit_bytes` of logits exist at once.
    """
    hidden_RH = trained_states(model, batch)

    def of_slice(logits_RV: Tensor, rows: slice) -> tuple[Tensor, Tensor]:
        targets_R = batch.targets_R[rows]
        loss = functional.cross_entropy(logits_RV, targets_R, reduction="sum")
        return loss, (logits_RV.detach().argmax(-1) == targets_R).sum()

    return LossSum(*sliced_head_loss(model, hidden_RH, of_slice, logit_bytes=logit_bytes))


def trained_states(model: PreTrainedModel, batch: MicroBatch) -> Tensor:
    """Return the last hidden states [R, H] from which trained tokens are predicted."""
    assert not batch.images or batch.inserted is not None, "images are looked at before"
    hidden_TH = hidden_states(
        model,
        batch.tokens_T,
        batch.positions_T,
        batch.segments,
        batch.layout,
        inserted=batch.inserted,
    )
    return hidden_TH.index_select(0, batch.rows_R)


def sliced_head_loss(
    model: PreTrainedModel, hidden_RH: Tensor, of_slice: SliceLoss, *, logit_bytes: int
) -> tuple[Tensor, Tensor]:
    """Sum a loss over the logits of rows, and what is measured beside it, slice by slice.

    At most `logit_bytes` of logits exist at once.
    """
    rows = max(1, logit_bytes // (4 * model.config.get_text_config().vocab_size))
    is_trained = torch.is_grad_enabled()
    head = [p for p in output_head(model).parameters() if is_trained and p.requires_grad]
    sums = _HeadLoss.apply(hidden_RH, model, of_slice, rows, *head)
    return cast(tuple[Tensor, Tensor], sums)


class _HeadLoss(torch.autograd.Function):
    """Head and loss, slice by slice, with the gradients taken while a slice is there.

    Kept until the backward pass, the logits of all slices would need memory at the same time.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden_RH: Tensor,
        model: PreTrainedModel,
        of_slice: SliceLoss,
        rows_at_once: int,
        *head: nn.Parameter,
    ) -> tuple[Tensor, Tensor]:
        loss = hidden_RH.new_zeros((), dtype=torch.float32)
        measured: Tensor | None = None
        is_trained = any(ctx.needs_input_grad)
        gradients_R: list[Tensor] = []
        of_head = [torch.zeros_like(parameter) for parameter in head] if is_trained else []
        start = 0
        for rows_RH in hidden_RH.split(rows_at_once):
            rows = slice(start, start + len(rows_RH))
            start = rows.stop
            with torch.set_grad_enabled(is_trained):
                rows_RH = rows_RH.detach().requires_grad_(is_trained)
                logits_RV = logits_of(model, rows_RH).float()
                part, measured_here = of_slice(logits_RV, rows)
            measured = measured_here if measured is None else measured + measured_here
            loss += part.detach()
            if is_trained:
                of_rows_RH, *of_part = torch.autograd.grad(part, [rows_RH, *head])
                gradients_R.append(of_rows_RH)
                for total, gradient in zip(of_head, of_part, strict=True):
                    total += gradient
        assert measured is not None, "a split has at least one slice, even of no rows"
        if is_trained:
            ctx.save_for_backward(torch.cat(gradients_R), *of_head)
        ctx.mark_non_differentiable(measured)
        return loss, measured

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        of_hidden_RH, *of_head = (
            (gradient * grad_outputs[0]).to(gradient.dtype) for gradient in ctx.saved_tensors
        )
        return of_hidden_RH, None, None, None, *of_head
