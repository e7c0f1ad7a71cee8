"""How far a student's probabilities are from its teacher's, as losses over trained tokens.

Sources: Hinton et al. 2015, arXiv:1503.02531; Agarwal et al. 2023, arXiv:2306.13649 (on-policy).
T tokens, R trained rows, K most likely tokens, V vocabulary.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from understudy.modeling.forward import logits_of
from understudy.planning.execution import LOGIT_BYTES_AT_ONCE
from understudy.training.batching import MicroBatch
from understudy.training.distillation.targets import Targets, rest_of
from understudy.training.losses import TOKEN_ACCURACY, sliced_head_loss, trained_states

DIVERGENCE = "divergence"
"""Kullback-Leibler divergence a token, in nats."""
TEACHER_AGREEMENT = "teacher_agreement"
"""Share of the tokens at which the student's first choice is the teacher's."""


class DivergenceSum(NamedTuple):
    """Sums over trained tokens; the caller divides by the tokens of the whole step."""

    loss: Tensor
    """Carries the graph."""
    measured: Tensor
    """Divergence, agreement with the teacher, and how often the token was the first choice."""

    @property
    def measures(self) -> Mapping[str, Tensor]:
        """What a step reports beside its loss."""
        names = (DIVERGENCE, TEACHER_AGREEMENT, TOKEN_ACCURACY)
        return dict(zip(names, self.measured, strict=True))


def forward_divergence(
    student: PreTrainedModel,
    batch: MicroBatch,
    targets: Targets,
    *,
    width: int,
    temperature: float,
    mix: float = 0.0,
    logit_bytes: int = LOGIT_BYTES_AT_ONCE,
) -> DivergenceSum:
    """Return `(1 - mix) · KL(teacher ‖ student) + mix · cross-entropy of the answers`, summed.

    The divergence is over the teacher's most likely tokens and all others as one: a lower bound of
    that over all tokens, and equal to it where all are kept. Both distributions are taken at
    `temperature`, over the first `width` tokens; the cross-entropy is at temperature 1.
    """

    def of_slice(logits_RV: Tensor, rows: slice) -> tuple[Tensor, Tensor]:
        ids_RK, teacher_RK, tails_R = (part[rows] for part in targets)
        scaled_RV = logits_RV[:, :width] / temperature
        total_R1 = scaled_RV.logsumexp(1, keepdim=True)
        student_RK = scaled_RV.gather(1, ids_RK) - total_R1
        divergence = (teacher_RK.exp() * (teacher_RK - student_RK)).sum()
        if ids_RK.shape[1] < width:
            rest_R = rest_of(scaled_RV, ids_RK) - total_R1[:, 0]
            divergence = divergence + (tails_R.exp() * (tails_R - rest_R)).sum()
        loss = (1 - mix) * divergence
        if mix:
            loss = loss + mix * functional.cross_entropy(
                logits_RV, batch.targets_R[rows], reduction="sum"
            )
        return loss, _measured(divergence, logits_RV, ids_RK[:, 0], batch.targets_R[rows])

    hidden_RH = trained_states(student, batch)
    return DivergenceSum(*sliced_head_loss(student, hidden_RH, of_slice, logit_bytes=logit_bytes))


def reverse_divergence(
    student: PreTrainedModel,
    batch: MicroBatch,
    teacher: PreTrainedModel,
    teacher_batch: MicroBatch,
    *,
    width: int,
    temperature: float,
    logit_bytes: int = LOGIT_BYTES_AT_ONCE,
) -> DivergenceSum:
    """Return `KL(student ‖ teacher)` over the whole vocabulary, summed over trained tokens.

    `teacher_batch` has the same trained tokens, after the prompts that the teacher reads.
    """
    with torch.no_grad():
        teacher_RH = trained_states(teacher, teacher_batch)

    def of_slice(logits_RV: Tensor, rows: slice) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            teacher_RV = logits_of(teacher, teacher_RH[rows]).float()[:, :width]
            wanted_RV = (teacher_RV / temperature).log_softmax(1)
        student_RV = (logits_RV[:, :width] / temperature).log_softmax(1)
        divergence = (student_RV.exp() * (student_RV - wanted_RV)).sum()
        first_R = wanted_RV.argmax(1)
        return divergence, _measured(divergence, logits_RV, first_R, batch.targets_R[rows])

    hidden_RH = trained_states(student, batch)
    return DivergenceSum(
        # Two sets of logits lie beside each other.
        *sliced_head_loss(student, hidden_RH, of_slice, logit_bytes=logit_bytes // 2)
    )


def _measured(divergence: Tensor, logits_RV: Tensor, first_R: Tensor, targets_R: Tensor) -> Tensor:
    chosen_R = logits_RV.detach().argmax(1)
    agreeing, correct = ((chosen_R == wanted).sum() for wanted in (first_R, targets_R))
    return torch.stack([divergence.detach(), agreeing.float(), correct.float()])
