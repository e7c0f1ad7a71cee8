"""Tokens per CPU-second of training steps: this project and TRL, each in a process of its own.

One random Llama of 12.5M parameters and the same chat-like examples for all, rounds interleaved.
`--arm NAME` measures one arm in this process and prints its numbers; without it all are run.
"""

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedModel

from understudy.chat.renderer import RenderedExample
from understudy.modeling.attention import PACKED_ATTENTION
from understudy.modeling.lora import add_lora
from understudy.modeling.precision import fastest_dtype
from understudy.training.batching import batches
from understudy.training.loop import StepOutcome, run_steps
from understudy.training.losses import next_token_loss
from understudy.training.optimizer import MasterAdamW

VOCABULARY = 8192
MEAN_LENGTH, SPREAD, LONGEST = 145, 0.5, 512
ANSWER_SHARE = 0.4
EXAMPLES_PER_STEP = 8
PACKED_LENGTH = 1024
RANK, ALPHA = 16, 32.0
RATE = 1e-4
WARM_UP_STEPS = 2
BASELINE = "TRL, defaults"
ARMS = (BASELINE, "TRL, packed, no checkpointing", "understudy")
KINDS = ("full", "lora")


class Measured(NamedTuple):
    """One arm in one process."""

    tokens_per_cpu_second: float
    peak_megabytes: float


class Meter:
    """Counts CPU time from the end of the warm-up to the last step."""

    def __init__(self) -> None:
        self.seconds = 0.0
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


def chats(count: int) -> list[RenderedExample]:
    """Random tokens in the lengths of chats; the last part of each is the answer."""
    generator = torch.Generator().manual_seed(0)
    made: list[RenderedExample] = []
    for _ in range(count):
        scale = math.exp(SPREAD * float(torch.randn((), generator=generator)) - SPREAD**2 / 2)
        length = min(LONGEST, max(16, round(MEAN_LENGTH * scale)))
        ids: list[int] = torch.randint(3, VOCABULARY, (length,), generator=generator).tolist()
        asked = round(length * (1 - ANSWER_SHARE))
        made.append(RenderedExample(ids, [at >= asked for at in range(length)]))
    return made


def llama(attention: str, dtype: torch.dtype) -> PreTrainedModel:
    """The model of the benchmark, its weights random."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=320,
        intermediate_size=864,
        num_hidden_layers=8,
        num_attention_heads=5,
        num_key_value_heads=5,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
    )
    return AutoModelForCausalLM.from_config(config, attn_implementation=attention, dtype=dtype)


def measure_ours(kind: str, steps: int) -> float:
    """Return tokens per CPU-second of this project's loop."""
    model = llama(PACKED_ATTENTION, fastest_dtype())
    if kind == "lora":
        model.requires_grad_(False)
        layers = add_lora(model, rank=RANK, alpha=ALPHA, seed=0)
        parameters = [p for layer in layers.values() for p in (layer.a_RI, layer.b_OR)]
    else:
        parameters = list(model.parameters())
    data = chats((WARM_UP_STEPS + steps) * EXAMPLES_PER_STEP)
    all_steps = list(
        batches(data, epochs=1, batch_size=EXAMPLES_PER_STEP, tokens_per_micro_batch=4096, seed=0)
    )
    tokens = sum(sum(m.segments) for s in all_steps[WARM_UP_STEPS:] for m in s.micro_batches)
    meter = Meter()

    def after_step(outcome: StepOutcome) -> None:
        meter.after(outcome.step)

    run_steps(
        all_steps,
        lambda batch: next_token_loss(model, batch),
        MasterAdamW(parameters),
        lambda _: RATE,
        after_step,
    )
    return tokens / meter.seconds


def measure_trl(kind: str, steps: int, *, is_packed: bool) -> float:
    """Return real tokens, padding not counted, per CPU-second of TRL's SFTTrainer."""
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
        for example in chats((WARM_UP_STEPS + steps) * EXAMPLES_PER_STEP)
    ]
    meter = Meter()
    tokens = 0

    class Count(TrainerCallback):
        def on_step_end(self, *arguments: Any, **_: Any) -> None:
            meter.after(arguments[1].global_step)

    class Counted(SFTTrainer):
        def training_step(self, *arguments: Any, **named: Any) -> Any:
            nonlocal tokens
            if self.state.global_step >= WARM_UP_STEPS:
                inputs = arguments[1]
                mask = inputs.get("attention_mask")
                tokens += inputs["input_ids"].numel() if mask is None else int(mask.sum())
            return super().training_step(*arguments, **named)

    names = {f"t{number}": number for number in range(VOCABULARY)}
    words = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(names, unk_token="t0")),
        pad_token="t1",
        eos_token="t2",
    )
    with tempfile.TemporaryDirectory() as directory:
        config = SFTConfig(
            output_dir=directory,
            learning_rate=RATE,
            use_cpu=True,
            num_train_epochs=1,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            max_length=PACKED_LENGTH,
            packing=is_packed,
            # Like the length, TRL's own default where nothing is packed.
            gradient_checkpointing=not is_packed,
            # A packed row holds about as many tokens as eight examples.
            per_device_train_batch_size=1 if is_packed else EXAMPLES_PER_STEP,
        )
        trainer = Counted(
            llama("sdpa", torch.float32),
            args=config,
            train_dataset=Dataset.from_list(rows),
            processing_class=words,
            callbacks=[Count()],
            peft_config=LoraConfig(r=RANK, lora_alpha=int(ALPHA), target_modules="all-linear")
            if kind == "lora"
            else None,
        )
        trainer.train()
    return tokens / meter.seconds


def measure(arm: str, kind: str, steps: int) -> Measured:
    """Measure one arm in this process."""
    warnings.simplefilter("ignore")
    ways: dict[str, Callable[[], float]] = {
        ARMS[0]: lambda: measure_trl(kind, steps, is_packed=False),
        ARMS[1]: lambda: measure_trl(kind, steps, is_packed=True),
        ARMS[2]: lambda: measure_ours(kind, steps),
    }
    pace = ways[arm]()
    return Measured(pace, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measure_elsewhere(arm: str, kind: str, steps: int, threads: int) -> Measured:
    """Measure one arm in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--arm", arm, "--kinds", kind, "--steps", str(steps)],
        env=os.environ | {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=600,
    )
    return Measured(*json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Run the rounds and print a table of medians with ratios to TRL's defaults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--arm", choices=ARMS)
    asked = parser.parse_args()
    if asked.arm:
        print(json.dumps(measure(asked.arm, asked.kinds[0], asked.steps)))
        return
    runs: dict[tuple[str, str], list[Measured]] = {}
    for _ in range(asked.rounds):
        for kind in asked.kinds:
            for arm in ARMS:
                measured = measure_elsewhere(arm, kind, asked.steps, asked.threads)
                runs.setdefault((kind, arm), []).append(measured)
    print("| weights | trainer | tokens per CPU-second | ratio | peak MB |")
    print("|---|---|--:|--:|--:|")
    for (kind, arm), measured in runs.items():
        pace = statistics.median(run.tokens_per_cpu_second for run in measured)
        base = statistics.median(run.tokens_per_cpu_second for run in runs[kind, BASELINE])
        peak = statistics.median(run.peak_megabytes for run in measured)
        print(f"| {kind} | {arm} | {pace:,.0f} | {pace / base:.1f} | {peak:,.0f} |")


if __name__ == "__main__":
    main()
