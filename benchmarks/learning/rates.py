"""How far multiplier 1 is from the best learning rate: a sweep on the demo's tasks.

`.venv/bin/python -m benchmarks.learning.rates --models understudy-nano understudy-mini`
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch

from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.cli.demo.tasks import DemoTask, demo_tasks
from understudy.data.files.parse import parse_chat_file
from understudy.errors import JobFailedError
from understudy.modeling.loading import load_base
from understudy.modeling.precision import fastest_dtype
from understudy.planning.auto import USUAL_EPOCHS
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.supervised import plan_supervised
from understudy.registry.catalogue import builtin_bases
from understudy.registry.tuning import FullTuning, LoraTuning, Tuning
from understudy.training.batching import make_step
from understudy.training.losses import next_token_loss
from understudy.training.metrics import StepMetrics
from understudy.training.reporting import SavedCheckpoint
from understudy.training.supervised import Examples, train_supervised
from understudy.training.trainable import trainable

TUNINGS: dict[str, Tuning] = {"lora": LoraTuning(), "full": FullTuning()}


class Score(NamedTuple):
    """How a model does on questions that it was not trained on."""

    loss: float
    """Mean over the answers' tokens, in nats."""
    right: float
    """Share of the answers whose every token is the model's first choice: greedy answers."""


@dataclass
class Last:
    """A reporter that keeps the last checkpoint."""

    directory: Path = Path()

    def on_step(self, metrics: StepMetrics) -> None:
        """Nobody watches."""

    def on_checkpoint(self, checkpoint: SavedCheckpoint) -> None:
        """Remember where it lies."""
        self.directory = checkpoint.directory

    def on_snapshot(self, step: int, directory: Path) -> None:
        """No run is paused."""

    def check_stop(self) -> None:
        """No run is stopped."""


def rendered(path: Path, renderer: ChatRenderer) -> list[RenderedExample]:
    """Return a file of the demo in a model's tokens."""
    with path.open("rb") as lines:
        examples = parse_chat_file(lines).examples
    return [renderer.training_ids(x.messages, x.tools, x.trained) for x in examples]


def score(directory: Path, tuning: Tuning, base: Path, held_out: list[RenderedExample]) -> Score:
    """Measure a model that was trained."""
    is_full = isinstance(tuning, FullTuning)
    loaded = load_base(directory if is_full else base, torch.float32)
    loss, tokens, right = 0.0, 0, 0
    adapter = None if is_full else directory
    with (
        trainable(LoraTuning(), loaded, base_name="", adapter=adapter, seed=0),
        torch.no_grad(),
    ):
        for example in held_out:
            step = make_step([example], 1, 4096)
            part = next_token_loss(loaded.model, step.micro_batches[0])
            loss += part.loss.item()
            tokens += step.trained_tokens
            right += int(part.correct) == step.trained_tokens
    return Score(loss / tokens, right / len(held_out))


def trained(name: str, task: DemoTask, tuning: Tuning, multiplier: float, seed: int) -> Score:
    """Train one model as a job would and measure it; a run that diverged counts as lost."""
    base = builtin_bases()[name]
    renderer = ChatRenderer.from_directory(base.directory)
    training = rendered(task.training_path, renderer)
    loaded = load_base(base.directory, fastest_dtype())
    requested = JobHyperparameters(
        n_epochs=USUAL_EPOCHS if task.epochs == "auto" else task.epochs,
        # One example a step is what multiplier 1 is made for; "auto" has more for larger batches.
        batch_size=1,
        learning_rate_multiplier=multiplier,
    )
    plan = plan_supervised(
        requested,
        example_count=len(training),
        hidden_size=loaded.hidden_size,
        family=loaded.family,
        tuning=tuning,
        seed=seed,
    )
    last = Last()
    with tempfile.TemporaryDirectory() as directory:
        examples = Examples(training=training, validation=[])
        try:
            train_supervised(
                plan, loaded, examples, last, directory=Path(directory), base_name=name
            )
        except JobFailedError:
            return Score(float("inf"), 0.0)
        held_out = rendered(task.held_out_path, renderer)
        return score(last.directory, tuning, base.directory, held_out)


def row(name: str, kind: str, multiplier: float, scores: Sequence[Score]) -> str:
    """Return one line of the table: for each task its loss and its right answers."""
    cells = [f"{result.loss:.3f} | {100 * result.right:.0f} %" for result in scores]
    return f"| {name} | {kind} | {multiplier:g} | {' | '.join(cells)} |"


def main() -> None:
    """Sweep and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["understudy-nano", "understudy-mini"])
    parser.add_argument("--kinds", nargs="+", default=list(TUNINGS), choices=list(TUNINGS))
    parser.add_argument("--multipliers", nargs="+", type=float, default=[0.25, 0.5, 1, 2, 4])
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    tasks = demo_tasks()
    titles = " | ".join(f"{task.title}: loss | right" for task in tasks)
    print(f"| base | trained | multiplier | {titles} |")
    print("|---|---|--:|" + "--:|--:|" * len(tasks))
    for name in arguments.models:
        for kind in arguments.kinds:
            for multiplier in arguments.multipliers:
                scores = [
                    trained(name, task, TUNINGS[kind], multiplier, arguments.seed) for task in tasks
                ]
                print(row(name, kind, multiplier, scores), flush=True)


if __name__ == "__main__":
    main()
