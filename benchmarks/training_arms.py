"""One arm of the training benchmark in this process: this project's loop, or TRL's trainer.

`python -m benchmarks.training_arms ARM KIND SHAPE STEPS` prints its numbers as JSON.
"""

import json
import resource
import sys
import tempfile
import warnings
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from benchmarks.training_shapes import (
    ALPHA,
    EXAMPLES_PER_STEP,
    RANK,
    RATE,
    SHAPES,
    Shape,
    chats,
)
from understudy.modeling.attention import PACKED_ATTENTION
from understudy.modeling.lora import add_lora
from understudy.modeling.precision import fastest_dtype
from understudy.training.batching import batches
from understudy.training.loop import StepOutcome, run_steps
from understudy.training.losses import next_token_loss
from understudy.training.optimizer import MasterAdamW

WARM_UP_STEPS = 2
OURS = "understudy"
DEFAULTS = "TRL, defaults"


@dataclass(frozen=True, kw_only=True)
class TrlSettings:
    """What of TRL's settings the search varies."""

    packed_length: int | None = None
    """Best-fit packing into rows of so many tokens; None means padded batches."""
    has_checkpointing: bool = False
    weights: torch.dtype = torch.float32
    """float32 is computed in bfloat16 by autocast, TRL's default; bfloat16 holds all of it."""


TRL_ARMS = {
    DEFAULTS: TrlSettings(has_checkpointing=True),
    "TRL, no checkpointing": TrlSettings(),
    "TRL, packed 512": TrlSettings(packed_length=512),
    "TRL, packed 1024": TrlSettings(packed_length=1024),
    "TRL, packed 2048": TrlSettings(packed_length=2048),
    "TRL, bf16 weights": TrlSettings(weights=torch.bfloat16),
    "TRL, packed 1024, bf16 weights": TrlSettings(packed_length=1024, weights=torch.bfloat16),
    "TRL, packed 2048, bf16 weights": TrlSettings(packed_length=2048, weights=torch.bfloat16),
}
"""All but the defaults are without gradient checkpointing."""


class Measured(NamedTuple):
    """One arm in one process."""

    tokens_per_cpu_second: float
    peak_megabytes: float


class Meter:
    """Counts CPU time and real tokens from the end of the warm-up to the last step."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.tokens = 0
        self._started_at = 0.0

    def after(self, step: int) -> None:
        """Take note that `step` is done."""
        if step == WARM_UP_STEPS:
            self._started_at = cpu_seconds()
        elif step > WARM_UP_STEPS:
            self.seconds = cpu_seconds() - self._started_at


def cpu_seconds() -> float:
    """Return the user and system time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure_ours(kind: str, shape: Shape, steps: int) -> Meter:
    """Train with this project's loop."""
    model = shape.build(PACKED_ATTENTION, fastest_dtype())
    if kind == "lora":
        model.requires_grad_(False)
        layers = add_lora(model, rank=RANK, alpha=ALPHA, seed=0)
        parameters = [p for layer in layers.values() for p in (layer.a_RI, layer.b_OR)]
    else:
        parameters = list(model.parameters())
    data = chats((WARM_UP_STEPS + steps) * EXAMPLES_PER_STEP, shape)
    all_steps = list(
        batches(data, epochs=1, batch_size=EXAMPLES_PER_STEP, tokens_per_micro_batch=4096, seed=0)
    )
    meter = Meter()
    meter.tokens = sum(sum(m.segments) for s in all_steps[WARM_UP_STEPS:] for m in s.micro_batches)

    def after_step(outcome: StepOutcome) -> None:
        meter.after(outcome.step)

    run_steps(
        all_steps,
        lambda batch: next_token_loss(model, batch),
        MasterAdamW(parameters),
        lambda _: RATE,
        after_step,
    )
    return meter


def measure_trl(kind: str, shape: Shape, steps: int, settings: TrlSettings) -> Meter:
    """Train with TRL's SFTTrainer; padding is not counted."""
    from datasets import Dataset
    from peft import LoraConfig
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast, TrainerCallback
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    rows = [
        {
            "input_ids": example.ids,
            "labels": [i if t else -100 for i, t in zip(example.ids, example.trained, strict=True)],
        }
        for example in chats((WARM_UP_STEPS + steps) * EXAMPLES_PER_STEP, shape)
    ]
    meter = Meter()

    class Count(TrainerCallback):
        def on_step_end(self, *arguments: Any, **_: Any) -> None:
            meter.after(arguments[1].global_step)

    class Counted(SFTTrainer):
        def training_step(self, *arguments: Any, **named: Any) -> Any:
            if self.state.global_step >= WARM_UP_STEPS:
                inputs = arguments[1]
                mask = inputs.get("attention_mask")
                meter.tokens += inputs["input_ids"].numel() if mask is None else int(mask.sum())
            return super().training_step(*arguments, **named)

    names = {f"t{number}": number for number in range(shape.vocabulary)}
    words = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(names, unk_token="t0")),
        pad_token="t1",
        eos_token="t2",
    )
    is_packed = settings.packed_length is not None
    with tempfile.TemporaryDirectory() as directory:
        config = SFTConfig(
            output_dir=directory,
            learning_rate=RATE,
            use_cpu=True,
            num_train_epochs=1,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            max_length=settings.packed_length or 1024,  # TRL's own default
            packing=is_packed,
            gradient_checkpointing=settings.has_checkpointing,
            bf16=settings.weights == torch.float32,
            # A packed row of 1024 holds about as many tokens as eight examples, one of 512 as
            # eight short ones.
            per_device_train_batch_size=1 if is_packed else EXAMPLES_PER_STEP,
        )
        trainer = Counted(
            shape.build("sdpa", settings.weights),
            args=config,
            train_dataset=Dataset.from_list(rows),
            processing_class=words,
            callbacks=[Count()],
            peft_config=LoraConfig(r=RANK, lora_alpha=int(ALPHA), target_modules="all-linear")
            if kind == "lora"
            else None,
        )
        trainer.train()
    return meter


def measure(arm: str, kind: str, shape: Shape, steps: int) -> Measured:
    """Measure one arm in this process."""
    warnings.simplefilter("ignore")
    if arm == OURS:
        meter = measure_ours(kind, shape, steps)
    else:
        meter = measure_trl(kind, shape, steps, TRL_ARMS[arm])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(meter.tokens / meter.seconds, peak)


if __name__ == "__main__":
    arm, kind, shape, steps = sys.argv[1:]
    print(json.dumps(measure(arm, kind, SHAPES[shape], int(steps))))
