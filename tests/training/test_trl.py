"""Twenty steps of our loop follow TRL's SFTTrainer: same weights, data, order and schedule."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from tests.tiny import examples, llama, tokenizer
from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.lora import LoraLinear, add_lora
from understudy.training.batching import OptimizerStep, make_step
from understudy.training.loop import StepOutcome, run_steps
from understudy.training.losses import next_token_loss
from understudy.training.optimizer import MasterAdamW
from understudy.training.schedule import linear_decay

# trl asks transformers by a name that transformers renamed.
pytestmark = pytest.mark.filterwarnings(
    "ignore:`gradient_checkpointing` is deprecated:FutureWarning"
)

STEPS = 20
BATCH = 4
RATE = 5e-3
RANK = 4
ALPHA = 8.0
SEED = 3


def our_losses(
    model: PreTrainedModel, parameters: list[nn.Parameter], data: list[RenderedExample]
) -> list[float]:
    def steps() -> Iterator[OptimizerStep]:
        for at in range(STEPS):
            # Few tokens at once: most steps are made of several micro-batches.
            yield make_step(data[at * BATCH : (at + 1) * BATCH], at + 1, 40)

    losses: list[float] = []

    def keep(outcome: StepOutcome) -> None:
        losses.append(outcome.loss)

    run_steps(
        steps(),
        lambda batch: next_token_loss(model, batch),
        MasterAdamW(parameters),
        linear_decay(RATE, STEPS, warmup_steps=0),
        keep,
    )
    return losses


def their_trainer(
    model: PreTrainedModel, data: list[RenderedExample], directory: Path, **options: Any
) -> Any:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    rows = [
        {
            "input_ids": e.ids,
            "labels": [i if t else -100 for i, t in zip(e.ids, e.trained, strict=True)],
        }
        for e in data
    ]
    config = SFTConfig(
        output_dir=str(directory),
        per_device_train_batch_size=BATCH,
        max_steps=STEPS,
        learning_rate=RATE,
        lr_scheduler_type="linear",
        warmup_steps=0,
        weight_decay=0.0,
        max_grad_norm=1.0,
        train_sampling_strategy="sequential",
        dataset_kwargs={"skip_prepare_dataset": True},
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
    return SFTTrainer(
        model, args=config, train_dataset=Dataset.from_list(rows), processing_class=words, **options
    )


def losses_of(trainer: Any) -> list[float]:
    trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def transformers_own(ours: PreTrainedModel) -> PreTrainedModel:
    """The same weights in a model of transformers' own attention and padding."""
    config = LlamaConfig.from_dict(ours.config.to_dict())
    theirs = LlamaForCausalLM._from_config(config, attn_implementation="sdpa")
    theirs.load_state_dict(ours.state_dict())
    return theirs


def test_full_fine_tuning_follows_trl(tmp_path: Path):
    data = examples(STEPS * BATCH)
    model = llama().requires_grad_(True)
    trainer = their_trainer(transformers_own(model), data, tmp_path)

    ours = our_losses(model, list(model.parameters()), data)

    theirs = losses_of(trainer)
    assert len(theirs) == STEPS
    assert ours == pytest.approx(theirs, abs=1e-4, rel=0)
    trained = dict(trainer.model.named_parameters())
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter, trained[name], rtol=0, atol=1e-3)
    assert theirs[-1] < theirs[0]


def test_lora_follows_trl_with_peft(tmp_path: Path):
    data = examples(STEPS * BATCH)
    model = llama()
    config = LoraConfig(
        r=RANK, lora_alpha=ALPHA, target_modules="all-linear", lora_dropout=0.0, bias="none"
    )
    trainer = their_trainer(transformers_own(model), data, tmp_path, peft_config=config)
    layers = add_lora(model, rank=RANK, alpha=ALPHA, seed=SEED)
    same_start(trainer.model, layers)

    ours = our_losses(model, [p for x in layers.values() for p in (x.a_RI, x.b_OR)], data)

    theirs = losses_of(trainer)
    assert len(theirs) == STEPS
    assert ours == pytest.approx(theirs, abs=1e-4, rel=0)
    for name, layer in layers.items():
        # B was zero, so what it is now was learned.
        learned = adapter_of(trainer.model, name)["lora_B"]
        torch.testing.assert_close(layer.b_OR, learned, rtol=0, atol=1e-3)


def same_start(model: nn.Module, layers: dict[str, LoraLinear]) -> None:
    with torch.no_grad():
        for name, layer in layers.items():
            adapter = adapter_of(model, name)
            adapter["lora_A"].copy_(layer.a_RI)
            assert not adapter["lora_B"].any()


def adapter_of(model: nn.Module, name: str) -> dict[str, nn.Parameter]:
    wrapped = model.get_submodule(f"base_model.model.{name}")
    return {part: getattr(wrapped, part).default.weight for part in ("lora_A", "lora_B")}
