"""A student's own answers in batches: how they are cut and laid out changes nothing."""

import pytest
import torch

from tests.tiny import llama
from understudy.planning.execution import Execution, Layout
from understudy.training.distillation.loss import reverse_divergence
from understudy.training.distillation.own_answers import (
    OwnAnswer,
    OwnStep,
    TaughtPrompt,
    make_own_step,
)
from understudy.training.distillation.twins import twin_of

ANSWERS = [
    OwnAnswer(
        TaughtPrompt(student=tuple(range(5, 8 + n)), teacher=tuple(range(20, 31 + 2 * n))),
        tuple(range(40, 42 + n)),
    )
    for n in range(4)
]


def divergence(step: OwnStep) -> torch.Tensor:
    student, teacher = llama(1), llama(2)
    return torch.stack(
        [
            reverse_divergence(
                student, batch.student, teacher, batch.teacher, width=97, temperature=1.0
            ).loss
            for batch in step.micro_batches
        ]
    ).sum()


@pytest.mark.parametrize("tokens", [1, 40])
def test_answers_that_are_computed_apart_diverge_as_they_do_together(tokens: int):
    whole = make_own_step(ANSWERS, 1, Execution(), Layout.PACKED)
    cut = make_own_step(ANSWERS, 1, Execution(tokens_per_micro_batch=tokens), Layout.PACKED)

    assert len(whole.micro_batches) == 1 < len(cut.micro_batches)
    assert whole.denominator == cut.denominator == sum(len(answer.ids) for answer in ANSWERS)
    torch.testing.assert_close(divergence(cut), divergence(whole))


def test_both_learn_the_same_tokens_after_prompts_of_their_own():
    (batch,) = make_own_step(ANSWERS, 1, Execution(), Layout.PACKED).micro_batches

    assert torch.equal(batch.student.targets_R, batch.teacher.targets_R)
    assert batch.student.targets_R.tolist() == [id for answer in ANSWERS for id in answer.ids]
    assert len(batch.teacher.tokens_T) > len(batch.student.tokens_T)


def test_a_twin_shares_weights_and_nothing_that_is_added():
    model = llama(1)
    twin = twin_of(model)

    model.model.layers[0].mlp.up_proj = torch.nn.Identity()

    assert twin.model.layers[0].mlp.up_proj is not model.model.layers[0].mlp.up_proj
    assert twin.model.norm.weight is model.model.norm.weight
