"""How far a student is from its teacher: the value, the gradient, and where both are nothing."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import PreTrainedModel

from tests.tiny import examples, llama
from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.forward import logits_of
from understudy.planning.execution import Execution, Layout
from understudy.training.batching import MicroBatch, make_step
from understudy.training.distillation.loss import (
    DIVERGENCE,
    TEACHER_AGREEMENT,
    DivergenceSum,
    forward_divergence,
    reverse_divergence,
)
from understudy.training.distillation.steps import make_taught_step
from understudy.training.distillation.targets import (
    KeptTargets,
    Question,
    Targets,
    is_kept,
    keep_targets,
    targets_of,
)
from understudy.training.losses import next_token_loss, trained_states

WIDTH = 97
FILE = examples(5)
PACKED = Execution()


def only_batch(made: list[RenderedExample] = FILE) -> MicroBatch:
    (batch,) = make_step(made, 1, 10_000).micro_batches
    return batch


def logits(model: PreTrainedModel, batch: MicroBatch) -> Tensor:
    return logits_of(model, trained_states(model, batch)).float()


def asked(teacher: PreTrainedModel, top_k: int, temperature: float = 1.0) -> Targets:
    question = Question(width=WIDTH, top_k=top_k, temperature=temperature)
    with torch.no_grad():
        return targets_of(logits(teacher, only_batch()), question)


def forward(
    student: PreTrainedModel, targets: Targets, temperature: float = 1.0, **more: float
) -> DivergenceSum:
    return forward_divergence(
        student, only_batch(), targets, width=WIDTH, temperature=temperature, **more
    )


def gradient(model: PreTrainedModel, loss: Tensor) -> Tensor:
    model.zero_grad()
    loss.backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize("top_k", [1, 5, WIDTH])
@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_a_student_that_is_its_teacher_has_no_divergence_and_no_gradient(
    top_k: int, temperature: float
):
    model = llama().requires_grad_(True)

    found = forward(model, asked(model, top_k, temperature), temperature)

    assert found.loss.item() == pytest.approx(0, abs=1e-4)
    assert found.measures[TEACHER_AGREEMENT] == sum(sum(e.trained) for e in FILE)
    assert gradient(model, found.loss).abs().max() < 1e-4


def test_on_its_own_samples_such_a_student_has_none_either():
    model = llama().requires_grad_(True)

    found = reverse_divergence(
        model, only_batch(), model, only_batch(), width=WIDTH, temperature=1.0
    )

    assert found.loss.item() == pytest.approx(0, abs=1e-4)
    assert gradient(model, found.loss).abs().max() < 1e-4


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_with_all_tokens_kept_the_divergence_is_that_over_the_whole_vocabulary(temperature: float):
    student, teacher = llama(1).requires_grad_(True), llama(2)
    batch = only_batch()
    p_RV = (logits(teacher, batch) / temperature).log_softmax(1)
    q_RV = (logits(student, batch) / temperature).log_softmax(1)
    slow = (p_RV.exp() * (p_RV - q_RV)).sum()
    expected = gradient(student, slow)

    found = forward(student, asked(teacher, WIDTH, temperature), temperature)

    torch.testing.assert_close(found.loss, slow)
    torch.testing.assert_close(gradient(student, found.loss), expected)


def test_what_is_not_among_the_most_likely_tokens_counts_as_one_bucket():
    student, teacher = llama(1).requires_grad_(True), llama(2)
    batch, k = only_batch(), 4
    p_RV, q_RV = (logits(model, batch).softmax(1) for model in (teacher, student))
    ids = p_RV.topk(k).indices
    p, q = (
        torch.cat([x.gather(1, ids), 1 - x.gather(1, ids).sum(1, keepdim=True)], 1)
        for x in (p_RV, q_RV)
    )
    slow = (p * (p.log() - q.log())).sum()
    expected = gradient(student, slow)

    targets = asked(teacher, k)
    found = forward(student, targets)

    torch.testing.assert_close(
        targets.log_probabilities_RK.exp().sum(1) + targets.tails_R.exp(),
        torch.ones(len(targets.tails_R)),
    )
    torch.testing.assert_close(found.loss, slow, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(gradient(student, found.loss), expected, atol=1e-3, rtol=1e-3)
    full = forward(student, asked(teacher, WIDTH)).measures[DIVERGENCE]
    assert 0 < found.measures[DIVERGENCE] < full


def test_a_mix_adds_the_cross_entropy_of_the_answers():
    student, teacher = llama(1), llama(2)
    targets = asked(teacher, 8)
    apart = forward(student, targets).loss, next_token_loss(student, only_batch()).loss

    mixed = forward(student, targets, mix=0.25)

    torch.testing.assert_close(mixed.loss, 0.75 * apart[0] + 0.25 * apart[1])
    torch.testing.assert_close(mixed.measures[DIVERGENCE], apart[0])


def test_slices_of_the_logits_change_nothing():
    student, teacher = llama(1).requires_grad_(True), llama(2)
    targets = asked(teacher, 8)
    whole = forward(student, targets)
    expected = gradient(student, whole.loss)

    sliced = forward(student, targets, logit_bytes=4 * WIDTH * 3)

    torch.testing.assert_close(sliced.loss, whole.loss)
    torch.testing.assert_close(gradient(student, sliced.loss), expected)


def test_tokens_that_only_one_of_the_two_knows_do_not_count():
    student, teacher = llama(1), llama(2, vocab_size=120)

    question = Question(width=WIDTH, top_k=120, temperature=1.0)
    targets = targets_of(logits(teacher, only_batch()), question)

    assert targets.ids_RK.shape[1] == WIDTH
    torch.testing.assert_close(
        targets.log_probabilities_RK.exp().sum(1), torch.ones(len(targets.tails_R))
    )
    assert forward(student, targets).loss.isfinite()


def kept(directory: Path, teacher: PreTrainedModel, execution: Execution = PACKED) -> KeptTargets:
    question = Question(width=WIDTH, top_k=6, temperature=1.0)
    keep_targets(directory, teacher, FILE, question, execution, check_stop=lambda: None)
    return KeptTargets(directory, FILE)


@pytest.mark.parametrize("layout", list(Layout))
def test_what_is_kept_is_found_again_by_the_numbers_of_examples(tmp_path: Path, layout: Layout):
    teacher = llama(2)
    execution = Execution(layout=layout, tokens_per_micro_batch=30)
    if layout is Layout.PADDED:
        teacher.set_attn_implementation("sdpa")

    targets = kept(tmp_path / "targets", teacher, execution)

    step = make_taught_step(FILE, [3, 0, 4, 1], 1, execution)
    assert len(step.micro_batches) > 1
    for batch in step.micro_batches:
        question = Question(width=WIDTH, top_k=6, temperature=1.0)
        with torch.no_grad():
            now = targets_of(logits(teacher, batch.examples), question)
        found = targets.of(batch.numbers)
        assert torch.equal(found.ids_RK, now.ids_RK)
        torch.testing.assert_close(found.log_probabilities_RK, now.log_probabilities_RK)
        torch.testing.assert_close(found.tails_R, now.tails_R)


def test_a_teacher_is_asked_once_and_again_where_what_it_said_is_damaged(tmp_path: Path):
    directory = tmp_path / "targets"
    first = kept(directory, llama(2)).of([0])
    assert torch.equal(kept(directory, llama(3)).of([0]).ids_RK, first.ids_RK)

    with (directory / "ids.npy").open("r+b") as file:
        file.seek(-4, 2)
        file.write(b"\xff\xff\xff\x7f")

    assert not is_kept(directory, FILE)
    assert torch.equal(kept(directory, llama(2)).of([0]).ids_RK, first.ids_RK)
    assert is_kept(directory, FILE)
    assert not is_kept(directory, FILE[:3])
