"""Tokens per CPU-second of whole DPO runs: this project and TRL, each in a process of its own.

Run as `python -m benchmarks.preference`. A run is two epochs, what the reference costs included;
every arm computes the same pairs, and padding is not counted. The arms follow one another in each
round, so that a ratio compares what ran at nearly the same time; the table has medians.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.training_arms import cpu_seconds
from benchmarks.training_shapes import ALPHA, RANK, RATE, SHAPES, Shape, chats
from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.attention import PACKED_ATTENTION
from understudy.modeling.lora import add_lora
from understudy.modeling.precision import fastest_dtype
from understudy.planning.execution import Layout
from understudy.training.loop import run_steps
from understudy.training.optimizer import MasterAdamW
from understudy.training.preference.loss import preference_loss
from understudy.training.preference.pairs import PairLayout, RenderedPair, pair_steps
from understudy.training.preference.reference import reference_of

OURS = "understudy"
DEFAULTS = "TRL, defaults"
PAIRS_PER_STEP = 8
EPOCHS = 2
BETA = 0.1


@dataclass(frozen=True, kw_only=True)
class TrlSettings:
    """What of TRL's settings is varied; all computes in bfloat16."""

    has_checkpointing: bool = False
    precomputes: bool = False
    """Whether the reference is computed once before training, not at every step."""
    weights: torch.dtype = torch.float32


TRL_ARMS = {
    DEFAULTS: TrlSettings(has_checkpointing=True),
    "TRL, no checkpointing": TrlSettings(),
    "TRL, precomputed reference": TrlSettings(precomputes=True),
    "TRL, precomputed reference, bf16 weights": TrlSettings(
        precomputes=True, weights=torch.bfloat16
    ),
}


def pairs_of(count: int, shape: Shape) -> list[RenderedPair]:
    """Return pairs in the lengths of chats: one prompt, and answers of two different chats."""
    made = chats(2 * count, shape)
    return [_pair(one, other) for one, other in zip(made[::2], made[1::2], strict=True)]


def _pair(one: RenderedExample, other: RenderedExample) -> RenderedPair:
    prompt = one.ids[: one.trained.index(True)]
    answers = (one.ids[len(prompt) :], other.ids[other.trained.index(True) :])
    preferred, rejected = (
        RenderedExample(prompt + ids, [False] * len(prompt) + [True] * len(ids)) for ids in answers
    )
    return RenderedPair(preferred, rejected)


def train_ours(shape: Shape, pairs: Sequence[RenderedPair]) -> float:
    """Train with this project's loop; returns the CPU seconds."""
    model = shape.build(PACKED_ATTENTION, fastest_dtype())
    began = cpu_seconds()
    model.requires_grad_(False)
    layers = add_lora(model, rank=RANK, alpha=ALPHA, seed=0)
    how = PairLayout(layout=Layout.PACKED, tokens_per_micro_batch=4096, shares=True)
    reference = reference_of(
        model, pairs, batch_size=PAIRS_PER_STEP, how=how, seed=0, check_stop=lambda: None
    )
    run_steps(
        pair_steps(pairs, epochs=EPOCHS, batch_size=PAIRS_PER_STEP, how=how, seed=0),
        lambda batch: preference_loss(model, batch, reference.of(batch), beta=BETA),
        MasterAdamW([p for layer in layers.values() for p in (layer.a_RI, layer.b_OR)]),
        lambda _: RATE,
        lambda _: None,
    )
    return cpu_seconds() - began


def train_trl(shape: Shape, pairs: Sequence[RenderedPair], settings: TrlSettings) -> float:
    """Train with TRL's DPOTrainer; returns the CPU seconds."""
    from datasets import Dataset
    from peft import LoraConfig
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer

    class WithoutPreparing(DPOTrainer):
        """Takes token ids as they are."""

        def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return dataset

    names = {f"t{number}": number for number in range(shape.vocabulary)}
    words = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(names, unk_token="t0")),
        pad_token="t1",
        eos_token="t2",
    )
    model = shape.build("sdpa", settings.weights)
    rows = Dataset.from_list([_row(pair) for pair in pairs])
    with tempfile.TemporaryDirectory() as directory:
        began = cpu_seconds()
        config = DPOConfig(
            output_dir=directory,
            beta=BETA,
            learning_rate=RATE,
            use_cpu=True,
            num_train_epochs=EPOCHS,
            per_device_train_batch_size=PAIRS_PER_STEP,
            precompute_ref_log_probs=settings.precomputes,
            gradient_checkpointing=settings.has_checkpointing,
            bf16=settings.weights == torch.float32,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
        )
        trainer = WithoutPreparing(
            model,
            args=config,
            train_dataset=rows,
            processing_class=words,
            peft_config=LoraConfig(r=RANK, lora_alpha=int(ALPHA), target_modules="all-linear"),
        )
        trainer.train()
        return cpu_seconds() - began


def _row(pair: RenderedPair) -> dict[str, list[int]]:
    prompt = pair.preferred.trained.index(True)
    return {
        "prompt_ids": pair.preferred.ids[:prompt],
        "chosen_ids": pair.preferred.ids[prompt:],
        "rejected_ids": pair.rejected.ids[prompt:],
    }


def measure(arm: str, shape: Shape, count: int) -> float:
    """Return the tokens per CPU-second of an arm in this process; prompts count twice."""
    warnings.simplefilter("ignore")
    pairs = pairs_of(count, shape)
    tokens = EPOCHS * sum(pair.tokens for pair in pairs)
    if arm == OURS:
        return tokens / train_ours(shape, pairs)
    return tokens / train_trl(shape, pairs, TRL_ARMS[arm])


def measure_elsewhere(arm: str, shape: str, count: int, threads: int) -> float:
    """Measure an arm in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.preference", "--arm", arm]
    done = subprocess.run(
        [*command, "--shapes", shape, "--pairs", str(count)],
        env=os.environ | {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
        timeout=1200,
    )
    return float(json.loads(done.stdout.splitlines()[-1]))


def table(shape: str, paces: Mapping[str, Sequence[float]]) -> str:
    """Return the arms in Markdown: medians, and the median of this project's ratios by round."""
    lines = [
        "| model | trainer | tokens per CPU-second | understudy is faster by | rounds |",
        "|---|---|--:|--:|--:|",
    ]
    for arm, found in paces.items():
        ratios = [ours / theirs for ours, theirs in zip(paces[OURS], found, strict=True)]
        lines.append(
            f"| {shape} | {arm} | {statistics.median(found):,.0f} "
            f"| {statistics.median(ratios):.1f} | {len(found)} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the rounds and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--arm", choices=(OURS, *TRL_ARMS), help="measure only this, here")
    asked = parser.parse_args()
    if asked.arm is not None:
        print(json.dumps(measure(asked.arm, SHAPES[asked.shapes[0]], asked.pairs)))
        return
    for shape in asked.shapes:
        paces: dict[str, list[float]] = {arm: [] for arm in (*TRL_ARMS, OURS)}
        for _ in range(asked.rounds):
            for arm in (*TRL_ARMS, OURS):
                pace = measure_elsewhere(arm, shape, asked.pairs, asked.threads)
                paces[arm].append(pace)
                # Rounds are long: what is known by now is worth seeing.
                print(f"{shape}, {arm}: {pace:,.0f}", file=sys.stderr, flush=True)
        print(table(shape, paces), flush=True)


if __name__ == "__main__":
    main()
