"""What only a GPU can show; every test here is skipped without one."""

from pathlib import Path

import pytest
import torch

from tests.tiny import examples, llama
from tests.unit.training.test_losses import gradients_of
from tests.unit.training.test_supervised import Recorder, plan
from understudy.modeling.attention import Segments, packed_attention
from understudy.modeling.free_memory import free_bytes
from understudy.modeling.loading import LoadedBase
from understudy.registry.tuning import FullTuning, LoraTuning, Tuning
from understudy.training.batching import MicroBatch, OptimizerStep, make_step
from understudy.training.loop import run_steps
from understudy.training.losses import next_token_loss
from understudy.training.optimizer import MasterAdamW
from understudy.training.reporting import StopTraining
from understudy.training.supervised import Examples, train_supervised

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
]
CUDA = torch.device("cuda")


def on_gpu(step: OptimizerStep) -> OptimizerStep:
    micro_batches = tuple(batch.to(CUDA) for batch in step.micro_batches)
    return OptimizerStep(step.number, micro_batches, step.trained_tokens)


@pytest.mark.parametrize("lengths", [(64,), (5, 64, 1, 33)])
@pytest.mark.parametrize("kv_heads", [2, 4])
def test_variable_length_attention_equals_the_processors(lengths: tuple[int, ...], kv_heads: int):
    torch.manual_seed(0)
    query = torch.randn(1, 4, sum(lengths), 32, requires_grad=True)
    key, value = (torch.randn(1, kv_heads, sum(lengths), 32, requires_grad=True) for _ in range(2))
    expected, _ = packed_attention(
        torch.nn.Identity(),
        *(query, key, value, None),
        scaling=0.2,
        segments=Segments.of(lengths, query.device),
    )
    wanted = torch.autograd.grad(expected.square().sum(), [query, key, value])

    placed = [
        tensor.detach().to(CUDA, torch.bfloat16).requires_grad_() for tensor in (query, key, value)
    ]
    ours, _ = packed_attention(
        torch.nn.Identity(),
        *(*placed, None),
        scaling=0.2,
        segments=Segments.of(lengths, CUDA),
    )
    gradients = torch.autograd.grad(ours.float().square().sum(), placed)

    torch.testing.assert_close(ours.float().cpu(), expected, rtol=3e-2, atol=3e-2)
    for gradient, each in zip(gradients, wanted, strict=True):
        torch.testing.assert_close(gradient.float().cpu(), each, rtol=5e-2, atol=1e-1)


def test_loss_and_gradient_in_float32_are_the_processors():
    step = make_step(examples(6), 1, 40)
    loss, expected = gradients_of(llama(), step)

    on_device, gradient = gradients_of(llama().to(CUDA), on_gpu(step))

    assert on_device == pytest.approx(loss, rel=1e-4)
    torch.testing.assert_close(gradient.cpu(), expected, rtol=1e-3, atol=1e-5)


def test_a_step_waits_for_the_device_once():
    model = llama().to(CUDA, torch.bfloat16).requires_grad_(True)
    step = make_step(examples(6), 1, 40)
    optimizer = MasterAdamW(list(model.parameters()))

    def loss_of(batch: MicroBatch):
        return next_token_loss(model, batch.to(CUDA))

    run_steps([step], loss_of, optimizer, lambda number: 1e-3, lambda outcome: None)
    waits: list[int] = []
    usual = torch.Tensor.tolist

    def counted(tensor: torch.Tensor) -> list[float]:
        waits.append(1)
        torch.cuda.set_sync_debug_mode("default")
        values = usual(tensor)
        torch.cuda.set_sync_debug_mode("error")
        return values

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "tolist", counted)
        torch.cuda.set_sync_debug_mode("error")
        try:
            run_steps([step], loss_of, optimizer, lambda number: 1e-3, lambda outcome: None)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    assert waits == [1]


@pytest.mark.parametrize("tuning", [LoraTuning(), FullTuning()])
def test_a_run_that_was_interrupted_goes_on_where_it_was(tmp_path: Path, tuning: Tuning):
    def train(directory: Path, recorder: Recorder, resume_from: Path | None = None) -> Recorder:
        train_supervised(
            plan(tuning=tuning),
            LoadedBase(
                directory=directory,
                model=llama().to(CUDA, torch.bfloat16),
                dtype=torch.bfloat16,
            ),
            Examples(training=examples(12), validation=examples(4, seed=1)),
            recorder,
            directory=directory,
            base_name="tiny",
            resume_from=resume_from,
        )
        return recorder

    whole = train(tmp_path / "whole", Recorder())
    with pytest.raises(StopTraining):
        train(tmp_path / "killed", Recorder(stop_before=16))
    resumed = train(tmp_path / "killed", Recorder(), tmp_path / "killed" / "step-12")

    ours = [metrics.train_loss for metrics in resumed.steps]
    assert ours == pytest.approx([m.train_loss for m in whole.steps[12:]], rel=2e-2)


def test_free_memory_falls_by_what_is_taken():
    before = free_bytes(CUDA)
    taken = torch.empty(64 * 1024**2, dtype=torch.uint8, device=CUDA)
    assert before - free_bytes(CUDA) >= taken.numel() * 0.9
