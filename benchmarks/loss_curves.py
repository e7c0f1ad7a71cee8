"""The loss of the demo's task, step by step, here and in TRL's trainer with PEFT: one plot.

Same base, examples, order, start, schedule and float32 for both:
`python -m benchmarks.loss_curves --write docs`.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.cli.demo.tasks import demo_tasks
from understudy.data.files.parse import parse_chat_file
from understudy.modeling.loading import load_base
from understudy.modeling.lora import LoraLinear, add_lora
from understudy.planning.learning_rate import auto_learning_rate
from understudy.registry.catalogue import builtin_bases
from understudy.registry.tuning import TrainedWeights
from understudy.training.batching import make_step
from understudy.training.loop import StepOutcome, run_steps
from understudy.training.losses import next_token_loss
from understudy.training.optimizer import MasterAdamW
from understudy.training.schedule import linear_decay

BASE = "understudy-nano"
STEPS, BATCH, RANK, ALPHA, SEED = 80, 4, 16, 32.0, 7
_PLOT = "loss_curves.svg"


def demo_examples() -> list[RenderedExample]:
    """The first examples of the demo's second task, in tokens."""
    directory = builtin_bases()[BASE].directory
    renderer = ChatRenderer.from_directory(directory)
    with demo_tasks()[1].training_path.open("rb") as lines:
        parsed = parse_chat_file(lines)
    chosen = parsed.examples[: STEPS * BATCH]
    return [renderer.training_ids(x.messages, x.tools, x.trained) for x in chosen]


def our_losses(data: Sequence[RenderedExample]) -> tuple[list[float], dict[str, LoraLinear]]:
    """Train here; returns the losses, and the layers as they were before the first step."""
    base = load_base(builtin_bases()[BASE].directory, torch.float32)
    added = add_lora(base.model, rank=RANK, alpha=ALPHA, seed=SEED)
    start = {name: layer for name, layer in added.items() if isinstance(layer, LoraLinear)}
    first = {name: layer.a_RI.detach().clone() for name, layer in start.items()}
    losses: list[float] = []

    def keep(outcome: StepOutcome) -> None:
        losses.append(outcome.loss)

    steps = (
        make_step(data[at * BATCH : (at + 1) * BATCH], at + 1, 4096)
        for at in range(len(data) // BATCH)
    )
    run_steps(
        steps,
        lambda batch: next_token_loss(base.model, batch),
        MasterAdamW([p for layer in start.values() for p in (layer.a_RI, layer.b_OR)]),
        linear_decay(
            auto_learning_rate(base.hidden_size, "llama", TrainedWeights.LORA),
            len(data) // BATCH,
            warmup_steps=0,
        ),
        keep,
    )
    with torch.no_grad():
        for name, layer in start.items():
            layer.a_RI.copy_(first[name])
    return losses, start


def their_losses(
    data: Sequence[RenderedExample], start: dict[str, LoraLinear], hidden_size: int
) -> list[float]:
    """Train with TRL's SFTTrainer and PEFT from the same start."""
    from datasets import Dataset
    from peft import LoraConfig
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    directory = builtin_bases()[BASE].directory
    rows = [
        {
            "input_ids": e.ids,
            "labels": [i if t else -100 for i, t in zip(e.ids, e.trained, strict=True)],
        }
        for e in data
    ]
    with tempfile.TemporaryDirectory() as output:
        config = SFTConfig(
            output_dir=output,
            per_device_train_batch_size=BATCH,
            num_train_epochs=1,
            learning_rate=learning_rate_of(hidden_size),
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
        trainer = SFTTrainer(
            AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32),
            args=config,
            train_dataset=Dataset.from_list(rows),
            processing_class=PreTrainedTokenizerFast.from_pretrained(directory),
            peft_config=LoraConfig(
                r=RANK, lora_alpha=int(ALPHA), target_modules="all-linear", lora_dropout=0.0
            ),
        )
        model: Any = trainer.model
        with torch.no_grad():
            for name, layer in start.items():
                wrapped = model.get_submodule(f"base_model.model.{name}")
                wrapped.lora_A.default.weight.copy_(layer.a_RI)
        trainer.train()
        return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def plot(ours: Sequence[float], theirs: Sequence[float], file: Path) -> None:
    """Draw both curves, and their difference below."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "understudy"
    from matplotlib import pyplot

    steps = range(1, len(ours) + 1)
    figure, (above, below) = pyplot.subplots(
        2, 1, figsize=(7, 4), sharex=True, height_ratios=(3, 1), layout="constrained"
    )
    above.plot(steps, theirs, color="#b0b0b0", linewidth=4, label="TRL with PEFT")
    above.plot(steps, ours, color="#2a7de1", linewidth=1.2, label="understudy")
    above.set_ylabel("training loss")
    above.legend(frameon=False)
    below.plot(steps, [abs(a - b) for a, b in zip(ours, theirs, strict=True)], color="#2a7de1")
    below.set_ylabel("difference")
    below.set_xlabel("step")
    below.set_yscale("log")
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    """Train twice and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, required=True, metavar="DOCS")
    asked = parser.parse_args()
    data = demo_examples()
    ours, start = our_losses(data)
    hidden_size = next(iter(start.values())).a_RI.shape[1]
    theirs = their_losses(data, start, hidden_size)
    worst = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
    print(
        f"{len(ours)} steps, loss {ours[0]:.3f} to {ours[-1]:.3f}; largest difference {worst:.1e}"
    )
    plot(ours, theirs, asked.write / _PLOT)


def learning_rate_of(hidden_size: int) -> float:
    """Return what "auto" takes for an adapter of the demo's base."""
    return auto_learning_rate(hidden_size, "llama", TrainedWeights.LORA)


if __name__ == "__main__":
    main()
