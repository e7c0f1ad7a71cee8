"""Pretraining of one built-in model on the generated corpus, with the platform's own loop."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from built_in_models.corpus import training_tasks
from built_in_models.optimizer import MuonAdamW
from built_in_models.recipes import Recipe
from built_in_models.task import Task
from understudy.chat.messages import Role
from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.modeling.attention import PACKED_ATTENTION
from understudy.modeling.precision import fastest_dtype
from understudy.training.batching import OptimizerStep, make_step
from understudy.training.loop import StepOutcome, run_steps
from understudy.training.losses import next_token_loss

_WEIGHT_DECAY = 0.05
_TOKENS_PER_MICRO_BATCH = 4096
_LONGEST_EXAMPLE = 768
# Most examples train the answers alone; some train every token, which teaches plain language.
_SHARE_OF_WHOLE_EXAMPLES = 0.2
_REPORT_EVERY = 50


def pretrain(recipe: Recipe, directory: Path, report: Callable[[str], None]) -> PreTrainedModel:
    """Train the model of `recipe` with the tokenizer that lies in `directory`.

    The model is returned in float32 and not saved. `report` gets a line every 50 steps.
    """
    torch.manual_seed(recipe.seed)
    renderer = ChatRenderer.from_directory(directory)
    model: PreTrainedModel = AutoModelForCausalLM.from_config(
        recipe.config(), attn_implementation=PACKED_ATTENTION, dtype=fastest_dtype()
    )
    model.train()
    start = time.monotonic()
    seen = 0
    recent: list[float] = []

    def counted(steps: Iterator[OptimizerStep]) -> Iterator[OptimizerStep]:
        nonlocal seen
        for step in steps:
            seen += sum(len(micro.tokens_T) for micro in step.micro_batches)
            yield step

    def after_step(outcome: StepOutcome) -> None:
        recent.append(outcome.loss)
        if outcome.step % _REPORT_EVERY == 0:
            mean = sum(recent) / len(recent)
            recent.clear()
            seconds = time.monotonic() - start
            report(
                f"step {outcome.step}/{recipe.steps} loss {mean:.4f} "
                f"tokens {seen / 1e6:.2f}M {seen / seconds:.0f}/s"
            )

    run_steps(
        counted(_steps(recipe, renderer)),
        lambda batch: next_token_loss(model, batch),
        MuonAdamW(model, weight_decay=_WEIGHT_DECAY),
        warm_stable_decay(recipe.learning_rate, recipe.steps),
        after_step,
    )
    return model.float()


def warm_stable_decay(
    peak: float, total_steps: int, *, warmup_steps: int | None = None
) -> Callable[[int], float]:
    """Rise over the first 2 % of steps, hold, then fall linearly to zero over the last 40 %.

    `warmup_steps` is another length of the rise.

    Source: Hägele et al. 2024, arXiv:2405.18392.
    """
    warmup = warmup_steps or max(1, total_steps // 50)
    decay_from = total_steps * 6 // 10

    def rate(step: int) -> float:
        if step <= warmup:
            return peak * step / warmup
        if step <= decay_from:
            return peak
        return peak * (total_steps - step + 1) / (total_steps - decay_from + 1)

    return rate


def _steps(recipe: Recipe, renderer: ChatRenderer) -> Iterator[OptimizerStep]:
    examples = _examples(recipe.seed, renderer)
    for number in range(1, recipe.steps + 1):
        chosen = [next(examples) for _ in range(recipe.examples_per_step)]
        yield make_step(chosen, number, _TOKENS_PER_MICRO_BATCH)


def _examples(seed: int, renderer: ChatRenderer) -> Iterator[RenderedExample]:
    rng = random.Random(seed)
    for task in training_tasks(seed):
        example = _render(task, renderer)
        if len(example.ids) > _LONGEST_EXAMPLE:
            continue
        if rng.random() < _SHARE_OF_WHOLE_EXAMPLES:
            example = RenderedExample(example.ids, [True] * len(example.ids))
        yield example


def _render(task: Task, renderer: ChatRenderer) -> RenderedExample:
    trained = [message.role is Role.ASSISTANT for message in task.messages]
    return renderer.training_ids(task.messages, task.tools, trained)
