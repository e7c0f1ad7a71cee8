"""One step over graded answers has the gradient of TRL's GRPOTrainer and RLOOTrainer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tests.tiny import llama, tokenizer
from tests.training.test_trl import transformers_own
from understudy.planning.execution import Layout
from understudy.training.reinforcement.advantages import advantages
from understudy.training.reinforcement.episodes import (
    Episode,
    EpisodeLayout,
    WeighedEpisode,
    make_episode_step,
)
from understudy.training.reinforcement.loss import policy_loss

pytestmark = pytest.mark.filterwarnings(
    "ignore:`gradient_checkpointing` is deprecated:FutureWarning"
)

GROUP = 4
PROMPTS = ("What is the weather?", "weather in Paris", "city")
MAX_TOKENS = 9
Gradients = dict[str, torch.Tensor]


Rewards = Callable[..., list[float | None]]


def rewards(completion_ids: list[list[int]], **_: Any) -> list[float | None]:
    """Rewards of any size."""
    return [(sum(ids) % 13) / 12 for ids in completion_ids]


def some_rewards(completion_ids: list[list[int]], **_: Any) -> list[float | None]:
    """Rewards of any size; now and then an answer cannot be graded."""
    return [None if sum(ids) % 4 == 0 else (sum(ids) % 13) / 12 for ids in completion_ids]


def theirs(
    method: str, model: PreTrainedModel, rewards: Rewards, directory: Path
) -> tuple[Gradients, dict[str, torch.Tensor]]:
    """Let TRL draw, grade and learn once; return its gradient and what it learned from."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer

    trainer_of, config_of, options = {
        "grpo": (GRPOTrainer, GRPOConfig, {"loss_type": "dr_grpo", "scale_rewards": "none"}),
        "rloo": (RLOOTrainer, RLOOConfig, {}),
    }[method]
    seen: dict[str, Any] = {}

    class Watched(trainer_of):  # pyright: ignore[reportUntypedBaseClass]
        """Keeps what it learns from, and the gradient."""

        def training_step(self, *args: Any, **kwargs: Any) -> Any:
            loss = super().training_step(*args, **kwargs)
            seen["gradients"] = {name: p.grad.clone() for name, p in self.model.named_parameters()}
            return loss

        def _compute_loss(self, model: Any, inputs: Any) -> Any:
            seen["inputs"] = inputs
            return super()._compute_loss(model, inputs)

    words = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer(), pad_token="<|pad|>", eos_token="<|im_end|>"
    )
    config = config_of(
        output_dir=str(directory),
        beta=0.0,
        num_generations=GROUP,
        per_device_train_batch_size=GROUP * len(PROMPTS),
        max_completion_length=MAX_TOKENS,
        max_steps=1,
        learning_rate=1e-3,
        max_grad_norm=0.0,
        bf16=False,
        use_cpu=True,
        gradient_checkpointing=False,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        **options,
    )
    trainer = Watched(
        model,
        reward_funcs=rewards,
        args=config,
        train_dataset=Dataset.from_list([{"prompt": prompt} for prompt in PROMPTS]),
        processing_class=words,
    )
    trainer.train()
    return seen["gradients"], seen["inputs"]


def groups_of(inputs: dict[str, torch.Tensor], rewards: Rewards) -> list[list[WeighedEpisode]]:
    """Grade and weigh the answers that TRL drew; its order mixes the groups."""
    found: dict[tuple[int, ...], list[Episode]] = {}
    for number in range(len(inputs["prompt_ids"])):
        prompt, answer = (
            tuple(inputs[f"{part}_ids"][number][inputs[f"{part}_mask"][number].bool()].tolist())
            for part in ("prompt", "completion")
        )
        episode = Episode(
            prompt_ids=prompt, answer_ids=answer, logprobs=(0.0,) * len(answer), is_cut=False
        )
        found.setdefault(prompt, []).append(episode)
    groups: list[list[WeighedEpisode]] = []
    for episodes in found.values():
        gained = advantages(rewards([list(one.answer_ids) for one in episodes]))
        groups.append(
            [
                WeighedEpisode(episode=one, advantage=advantage)
                for one, advantage in zip(episodes, gained, strict=True)
            ]
        )
    return groups


def ours(model: PreTrainedModel, groups: list[list[WeighedEpisode]]) -> Gradients:
    how = EpisodeLayout(
        layout=Layout.PACKED,
        tokens_per_micro_batch=60,
        shares=True,
        max_answer_tokens=MAX_TOKENS,
    )
    step = make_episode_step(groups, 1, how)
    assert len(step.micro_batches) > 1
    for batch in step.micro_batches:
        (policy_loss(model, batch).loss / step.denominator).backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


# Leaving one out divides by one answer less, so that what could not be graded would change the
# factor from group to group.
@pytest.mark.parametrize(
    ("method", "graded", "factor"),
    [
        ("grpo", some_rewards, 1.0),
        ("rloo", rewards, MAX_TOKENS * GROUP / (GROUP - 1)),
    ],
)
def test_a_step_has_trls_gradient(tmp_path: Path, method: str, graded: Rewards, factor: float):
    model = llama(vocab_size=tokenizer().get_vocab_size()).requires_grad_(True)
    gradients, inputs = theirs(method, transformers_own(model), graded, tmp_path)
    groups = groups_of(inputs, graded)
    assert len(groups) == len(PROMPTS)
    answers = [list(one.episode.answer_ids) for group in groups for one in group]
    assert (None in graded(answers)) == (graded is some_rewards)

    found = ours(model, groups)

    assert set(found) == set(gradients)
    largest = max(gradient.abs().max().item() for gradient in gradients.values())
    for name, gradient in gradients.items():
        torch.testing.assert_close(
            found[name] * factor, gradient, rtol=1e-4, atol=1e-5 * largest, msg=name
        )
