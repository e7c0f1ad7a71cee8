"""Twenty steps over pairs follow TRL's DPOTrainer: same weights, data, order and schedule."""

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tests.tiny import llama, tokenizer
from tests.training.test_trl import adapter_of, same_start, transformers_own
from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.lora import add_lora
from understudy.planning.execution import Layout
from understudy.training.loop import StepOutcome, run_steps
from understudy.training.optimizer import MasterAdamW
from understudy.training.preference.loss import REWARD_MARGIN, preference_loss
from understudy.training.preference.pairs import PairLayout, RenderedPair, make_pair_step
from understudy.training.preference.reference import reference_of
from understudy.training.schedule import linear_decay

pytestmark = pytest.mark.filterwarnings(
    "ignore:`gradient_checkpointing` is deprecated:FutureWarning"
)

STEPS = 20
BATCH = 4
RATE = 5e-3
BETA = 0.3
RANK = 4
ALPHA = 8.0
SEED = 3
# Few tokens at once: most steps are made of several micro-batches.
HOW = PairLayout(layout=Layout.PACKED, tokens_per_micro_batch=60, shares=True)


def some_pairs() -> list[RenderedPair]:
    made = torch.Generator().manual_seed(7)

    def ids(least: int, most: int) -> list[int]:
        length = int(torch.randint(least, most, (), generator=made))
        return torch.randint(3, 97, (length,), generator=made).tolist()

    def example(prompt: list[int], answer: list[int]) -> RenderedExample:
        return RenderedExample(prompt + answer, [False] * len(prompt) + [True] * len(answer))

    pairs: list[RenderedPair] = []
    for _ in range(2 * BATCH):
        prompt = ids(4, 12)
        pairs.append(RenderedPair(example(prompt, ids(3, 9)), example(prompt, ids(3, 9))))
    # Over and over, so that there is something to learn.
    return pairs * (STEPS // 2)


def ours(
    model: PreTrainedModel, parameters: list[nn.Parameter], pairs: list[RenderedPair]
) -> list[StepOutcome]:
    steps = [
        make_pair_step(pairs, range(at * BATCH, (at + 1) * BATCH), at + 1, HOW)
        for at in range(STEPS)
    ]
    assert any(len(step.micro_batches) > 1 for step in steps)
    reference = reference_of(
        model, pairs, batch_size=BATCH, how=HOW, seed=0, check_stop=lambda: None
    )
    outcomes: list[StepOutcome] = []
    run_steps(
        steps,
        lambda batch: preference_loss(model, batch, reference.of(batch), beta=BETA),
        MasterAdamW(parameters),
        linear_decay(RATE, STEPS, warmup_steps=0),
        outcomes.append,
    )
    return outcomes


def theirs(model: nn.Module, pairs: list[RenderedPair], directory: Path, **options: Any) -> Any:
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    class WithoutPreparing(DPOTrainer):
        """Takes token ids as they are."""

        def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return dataset

    def parts(pair: RenderedPair) -> dict[str, list[int]]:
        prompt = pair.preferred.trained.index(True)
        return {
            "prompt_ids": pair.preferred.ids[:prompt],
            "chosen_ids": pair.preferred.ids[prompt:],
            "rejected_ids": pair.rejected.ids[prompt:],
        }

    config = DPOConfig(
        output_dir=str(directory),
        beta=BETA,
        per_device_train_batch_size=BATCH,
        max_steps=STEPS,
        learning_rate=RATE,
        lr_scheduler_type="linear",
        warmup_steps=0,
        weight_decay=0.0,
        max_grad_norm=1.0,
        train_sampling_strategy="sequential",
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
    return WithoutPreparing(
        model,
        args=config,
        train_dataset=Dataset.from_list([parts(pair) for pair in pairs]),
        processing_class=words,
        **options,
    )


def losses_of(trainer: Any) -> list[dict[str, float]]:
    trainer.train()
    return [entry for entry in trainer.state.log_history if "loss" in entry]


def assert_follows(ours: list[StepOutcome], theirs: list[dict[str, float]]) -> None:
    assert len(theirs) == STEPS
    assert [step.loss for step in ours] == pytest.approx(
        [entry["loss"] for entry in theirs], abs=1e-4, rel=0
    )
    assert [step.measures[REWARD_MARGIN] for step in ours] == pytest.approx(
        [entry["rewards/margins"] for entry in theirs], abs=1e-3, rel=1e-3
    )
    assert ours[-1].loss < ours[0].loss


def test_full_fine_tuning_over_pairs_follows_trl(tmp_path: Path):
    pairs = some_pairs()
    model = llama().requires_grad_(True)
    own, reference = transformers_own(model), transformers_own(model)
    trainer = theirs(own, pairs, tmp_path, ref_model=reference)

    outcomes = ours(model, list(model.parameters()), pairs)

    assert_follows(outcomes, losses_of(trainer))
    trained = dict(trainer.model.named_parameters())
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter, trained[name], rtol=0, atol=1e-3)


def test_lora_over_pairs_follows_trl_with_peft(tmp_path: Path):
    pairs = some_pairs()
    model = llama()
    config = LoraConfig(
        r=RANK, lora_alpha=ALPHA, target_modules="all-linear", lora_dropout=0.0, bias="none"
    )
    trainer = theirs(transformers_own(model), pairs, tmp_path, peft_config=config)
    layers = add_lora(model, rank=RANK, alpha=ALPHA, seed=SEED)
    same_start(trainer.model, layers)

    outcomes = ours(model, [p for x in layers.values() for p in (x.a_RI, x.b_OR)], pairs)

    assert_follows(outcomes, losses_of(trainer))
    for name, layer in layers.items():
        learned = adapter_of(trainer.model, name)["lora_B"]
        torch.testing.assert_close(layer.b_OR, learned, rtol=0, atol=1e-3)


def test_the_reference_of_a_tuned_adapter_is_that_adapter_as_in_trl(tmp_path: Path):
    pairs = some_pairs()
    model = llama()
    config = LoraConfig(
        r=RANK, lora_alpha=ALPHA, target_modules="all-linear", lora_dropout=0.0, bias="none"
    )
    tuned = get_peft_model(transformers_own(model), config)
    with torch.no_grad():
        for name, parameter in tuned.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.05, generator=torch.Generator().manual_seed(len(name)))
    layers = add_lora(model, rank=RANK, alpha=ALPHA, seed=SEED)
    with torch.no_grad():
        for name, layer in layers.items():
            adapter = adapter_of(tuned, name)
            layer.a_RI.copy_(adapter["lora_A"])
            layer.b_OR.copy_(adapter["lora_B"])
    trainer = theirs(tuned, pairs, tmp_path)

    outcomes = ours(model, [p for x in layers.values() for p in (x.a_RI, x.b_OR)], pairs)

    assert outcomes[0].measures[REWARD_MARGIN] == pytest.approx(0.0, abs=1e-5)
    assert_follows(outcomes, losses_of(trainer))
