"""Runs over pairs: what is learned and measured, and that a resumed run is the same run."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch

from tests.tiny import llama
from tests.unit.training.preference.test_loss import some_pairs
from understudy.modeling.loading import LoadedBase
from understudy.modeling.lora import read_adapter
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.preference import PreferencePlan, plan_preference
from understudy.planning.supervised import plan_supervised
from understudy.registry.tuning import FullTuning, LoraTuning, Tuning
from understudy.training.metrics import StepMetrics
from understudy.training.preference.training import Pairs, PreferenceObjective
from understudy.training.reporting import PauseTraining, SavedCheckpoint
from understudy.training.run import train

PAIRS = Pairs(training=some_pairs(6), validation=some_pairs(3))


@dataclass
class Recorder:
    """Keeps what a run reports; pauses it after a step if told so."""

    pause_after: int | None = None
    steps: list[StepMetrics] = field(default_factory=list)
    checkpoints: list[SavedCheckpoint] = field(default_factory=list)
    snapshots: list[Path] = field(default_factory=list)

    def on_step(self, metrics: StepMetrics) -> None:
        self.steps.append(metrics)

    def on_checkpoint(self, checkpoint: SavedCheckpoint) -> None:
        self.checkpoints.append(checkpoint)

    def on_snapshot(self, step: int, directory: Path) -> None:
        self.snapshots.append(directory)

    def check_stop(self) -> None:
        if self.pause_after is not None and len(self.steps) >= self.pause_after:
            raise PauseTraining


def plan(tuning: Tuning | None = None, **requested: float | int) -> PreferencePlan:
    hyperparameters = JobHyperparameters(
        **{"n_epochs": 3, "batch_size": 2, "learning_rate_multiplier": 20.0} | requested
    )
    supervised = plan_supervised(
        hyperparameters, example_count=6, hidden_size=32, seed=4, tuning=tuning or LoraTuning()
    )
    return plan_preference(supervised, hyperparameters)


def run(directory: Path, recorder: Recorder, **changes: object) -> Recorder:
    planned = changes.pop("plan", plan())
    base = LoadedBase(directory=directory, model=llama(), dtype=torch.float32)
    train(
        planned,
        base,
        PreferenceObjective(planned, base, PAIRS, recorder),
        recorder,
        directory=directory,
        base_name="tiny",
        **changes,
    )
    return recorder


@pytest.mark.parametrize("tuning", [LoraTuning(), FullTuning()])
def test_a_run_begins_at_ln_2_and_learns_which_answers_are_preferred(
    tmp_path: Path, tuning: Tuning
):
    found = run(tmp_path, Recorder(), plan=plan(tuning, n_epochs=20))

    first, last = found.steps[0], found.steps[-1]
    assert first.train_loss == pytest.approx(math.log(2), abs=1e-6)
    assert first.more["train_reward_margin"] == pytest.approx(0.0, abs=1e-6)
    assert last.train_loss < 0.3
    assert last.more["train_reward_accuracy"] == 1.0
    assert last.full_valid_loss is not None
    assert set(last.more) == {
        f"{where}_{name}"
        for where in ("train", "valid", "full_valid")
        for name in (
            *("reward_accuracy", "reward_margin", "chosen_reward", "rejected_reward"),
            *("chosen_logps", "rejected_logps"),
        )
    }


def test_a_run_that_continues_a_tuned_adapter_is_compared_with_that_adapter(tmp_path: Path):
    run(tmp_path / "first", Recorder())
    tuned = tmp_path / "first" / "step-9"

    found = run(tmp_path / "second", Recorder(), continue_from=tuned)

    assert found.steps[0].train_loss == pytest.approx(math.log(2), abs=1e-6)
    assert found.steps[0].more["train_reward_margin"] == pytest.approx(0.0, abs=1e-6)


def test_a_paused_run_that_is_resumed_ends_bit_equal_to_an_uninterrupted_one(tmp_path: Path):
    whole = run(tmp_path / "whole", Recorder())
    paused = Recorder(pause_after=5)
    with pytest.raises(PauseTraining):
        run(tmp_path / "paused", paused)

    resumed = run(tmp_path / "paused", Recorder(), resume_from=paused.snapshots[-1])

    assert resumed.steps == whole.steps[5:]
    one, other = (read_adapter(tmp_path / name / "step-9").layers for name in ("whole", "paused"))
    for name, layer in one.items():
        for mine, theirs in zip(layer, other[name], strict=True):
            assert torch.equal(mine, theirs)


def test_metrics_are_read_back_as_they_were_written(tmp_path: Path):
    found = run(tmp_path, Recorder(), plan=plan(n_epochs=1)).steps[-1]

    written = {**found.measured(), **found.details, "total_steps": found.total_steps}
    assert StepMetrics.of(written) == found
