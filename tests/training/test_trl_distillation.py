"""Twenty steps of distillation follow TRL's DistillationTrainer: same weights and texts."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tests.tiny import llama, tokenizer
from tests.training.test_trl import transformers_own
from understudy.chat.rendering.renderer import RenderedExample
from understudy.planning.execution import Execution
from understudy.training.distillation.loss import (
    DivergenceSum,
    forward_divergence,
    reverse_divergence,
)
from understudy.training.distillation.steps import TaughtBatch, TaughtStep, make_taught_step
from understudy.training.distillation.targets import KeptTargets, Question, keep_targets
from understudy.training.loop import StepOutcome, run_steps
from understudy.training.optimizer import MasterAdamW
from understudy.training.schedule import linear_decay

pytestmark = pytest.mark.filterwarnings(
    "ignore:`gradient_checkpointing` is deprecated:FutureWarning"
)

STEPS = 20
BATCH = 4
RATE = 5e-3
WIDTH = 97
PAD = 0
# Few tokens at once: most steps are made of several micro-batches.
EXECUTION = Execution(tokens_per_micro_batch=40)


def some_examples() -> list[RenderedExample]:
    made = torch.Generator().manual_seed(7)

    def ids(least: int, most: int) -> list[int]:
        length = int(torch.randint(least, most, (), generator=made))
        return torch.randint(3, 97, (length,), generator=made).tolist()

    rows: list[RenderedExample] = []
    for _ in range(2 * BATCH):
        prompt, answer = ids(4, 12), ids(3, 9)
        trained = [False] * len(prompt) + [True] * len(answer)
        rows.append(RenderedExample(prompt + answer, trained))
    # Over and over, so that there is something to learn.
    return rows * (STEPS // 2)


def our_steps() -> list[TaughtStep]:
    rows = some_examples()
    steps = [
        make_taught_step(rows, range(at * BATCH, (at + 1) * BATCH), at + 1, EXECUTION)
        for at in range(STEPS)
    ]
    assert any(len(step.micro_batches) > 1 for step in steps)
    return steps


def ours(
    student: PreTrainedModel,
    teacher: PreTrainedModel,
    directory: Path,
    *,
    is_reverse: bool,
    temperature: float,
) -> list[StepOutcome]:
    rows = some_examples()
    question = Question(width=WIDTH, top_k=WIDTH, temperature=temperature)
    keep_targets(directory, teacher, rows, question, EXECUTION, check_stop=lambda: None)
    targets = KeptTargets(directory, rows)

    def loss_of(batch: TaughtBatch) -> DivergenceSum:
        shared = {"width": WIDTH, "temperature": temperature}
        if is_reverse:
            return reverse_divergence(student, batch.examples, teacher, batch.examples, **shared)
        return forward_divergence(student, batch.examples, targets.of(batch.numbers), **shared)

    outcomes: list[StepOutcome] = []
    run_steps(
        our_steps(),
        loss_of,
        MasterAdamW(list(student.parameters())),
        linear_decay(RATE, STEPS, warmup_steps=0),
        outcomes.append,
    )
    return outcomes


def theirs(
    student: nn.Module,
    teacher: nn.Module,
    directory: Path,
    *,
    is_reverse: bool,
    temperature: float,
) -> Any:
    from datasets import Dataset
    from trl import DistillationConfig, DistillationTrainer

    texts = some_examples()
    given = iter(texts[at : at + BATCH] for at in range(0, len(texts), BATCH))

    class OnGivenTexts(DistillationTrainer):
        """Compares student and teacher on given texts instead of the student's own."""

        def _generate_and_score_completions(self, inputs: Any) -> dict[str, Any]:
            rows = next(given)
            splits = [row.trained.index(True) for row in rows]
            prompts = [row.ids[:at] for row, at in zip(rows, splits, strict=True)]
            answers = [row.ids[at:] for row, at in zip(rows, splits, strict=True)]
            prompt_ids, prompt_mask = _padded(prompts, is_left=True)
            completion_ids, completion_mask = _padded(answers, is_left=False)
            return {
                "prompt_ids": prompt_ids,
                "prompt_mask": prompt_mask,
                "completion_ids": completion_ids,
                "completion_mask": completion_mask,
                "num_items_in_batch": completion_mask.sum().float(),
            }

    config = DistillationConfig(
        output_dir=str(directory),
        beta=1.0 if is_reverse else 0.0,
        temperature=temperature,
        per_device_train_batch_size=BATCH,
        max_steps=STEPS,
        learning_rate=RATE,
        lr_scheduler_type="linear",
        warmup_steps=0,
        weight_decay=0.0,
        max_grad_norm=1.0,
        shuffle_dataset=False,
        bf16=False,
        use_cpu=True,
        gradient_checkpointing=False,
        logging_steps=1,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
    )
    words = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer(), pad_token="<|pad|>", eos_token="<|pad|>"
    )
    return OnGivenTexts(
        student,
        teacher,
        args=config,
        train_dataset=Dataset.from_list([{"prompt": "x"}] * (BATCH * STEPS)),
        processing_class=words,
    )


def _padded(rows: list[list[int]], *, is_left: bool) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, rows))
    filling = [[PAD] * (longest - len(row)) for row in rows]
    ids = [
        (fill + row) if is_left else (row + fill) for row, fill in zip(rows, filling, strict=True)
    ]
    is_token = [[0] * len(fill) + [1] * len(row) for row, fill in zip(rows, filling, strict=True)]
    mask = is_token if is_left else [list(reversed(row)) for row in is_token]
    return torch.tensor(ids), torch.tensor(mask)


@pytest.mark.parametrize("is_reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_distillation_follows_trl(tmp_path: Path, is_reverse: bool, temperature: float):
    how: dict[str, Any] = {"is_reverse": is_reverse, "temperature": temperature}
    student, teacher = llama(1).requires_grad_(True), llama(2)
    trainer = theirs(
        transformers_own(student), transformers_own(teacher), tmp_path / "theirs", **how
    )

    outcomes = ours(student, teacher, tmp_path / "targets", **how)
    trainer.train()

    logged = [entry for entry in trainer.state.log_history if "loss" in entry]
    assert len(logged) == STEPS
    # Losses are logged with few decimals.
    assert [step.loss for step in outcomes] == pytest.approx(
        [entry["loss"] for entry in logged], abs=1e-4, rel=1e-4
    )
    assert [step.gradient_norm for step in outcomes] == pytest.approx(
        [entry["grad_norm"] for entry in logged], abs=1e-4, rel=1e-3
    )
    assert outcomes[-1].loss < outcomes[0].loss
    trained = dict(trainer.model.named_parameters())
    for name, parameter in student.named_parameters():
        torch.testing.assert_close(parameter, trained[name], rtol=0, atol=1e-3)


@pytest.mark.parametrize("beta", [0.0, 1.0], ids=["forward", "reverse"])
def test_one_gradient_is_theirs(tmp_path: Path, beta: float):
    from trl.trainer.distillation_trainer import _chunked_divergence_loss

    student, teacher = llama(1).requires_grad_(True), llama(2)
    (batch,) = make_taught_step(some_examples()[:8], range(8), 1, Execution()).micro_batches
    states = [
        model.get_decoder()(
            input_ids=batch.examples.tokens_T[None],
            position_ids=batch.examples.positions_T[None],
            segments=_segments(batch),
            use_cache=False,
        ).last_hidden_state[:, batch.examples.rows_R]
        for model in (student, teacher)
    ]
    heads = [model.get_output_embeddings().weight for model in (student, teacher)]
    mask = torch.ones(states[0].shape[:2])
    (loss, _, count) = _chunked_divergence_loss(
        *states, *heads, mask, beta, num_items_in_batch=torch.tensor(1.0)
    )
    loss.backward()
    expected = {name: p.grad.clone() for name, p in student.named_parameters()}
    student.zero_grad()

    rows = some_examples()[:8]
    question = Question(width=WIDTH, top_k=WIDTH, temperature=1.0)
    keep_targets(tmp_path / "t", teacher, rows, question, Execution(), check_stop=lambda: None)
    shared = {"width": WIDTH, "temperature": 1.0}
    found = (
        reverse_divergence(student, batch.examples, teacher, batch.examples, **shared)
        if beta
        else forward_divergence(
            student, batch.examples, KeptTargets(tmp_path / "t", rows).of(batch.numbers), **shared
        )
    )
    found.loss.backward()

    assert count == len(batch.examples.targets_R)
    torch.testing.assert_close(found.loss, loss, rtol=1e-5, atol=1e-4)
    for name, parameter in student.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name], rtol=1e-4, atol=1e-4)


def _segments(batch: TaughtBatch) -> Any:
    from understudy.modeling.attention import Segments

    return Segments.of(batch.examples.segments, batch.examples.tokens_T.device, None)
