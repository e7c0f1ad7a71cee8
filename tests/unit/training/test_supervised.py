from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch

from tests.tiny import examples, llama
from understudy.modeling.checkpoints import verify_directory
from understudy.modeling.loading import LoadedBase
from understudy.modeling.lora import read_adapter
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.supervised import SupervisedPlan, plan_supervised
from understudy.registry.tuning import LoraTuning, Tuning
from understudy.training.metrics import StepMetrics
from understudy.training.reporting import SavedCheckpoint, StopTraining
from understudy.training.supervised import Examples, train_supervised


@dataclass
class Recorder:
    """A reporter that remembers, and stops a run before the step it is told."""

    stop_before: int | None = None
    steps: list[StepMetrics] = field(default_factory=list)
    checkpoints: list[SavedCheckpoint] = field(default_factory=list)

    def on_step(self, metrics: StepMetrics) -> None:
        self.steps.append(metrics)

    def on_checkpoint(self, checkpoint: SavedCheckpoint) -> None:
        self.checkpoints.append(checkpoint)

    def check_stop(self) -> None:
        if self.stop_before is not None and len(self.steps) + 1 >= self.stop_before:
            raise StopTraining


def plan(
    epochs: int = 3,
    batch_size: int = 2,
    multiplier: float = 1.0,
    tuning: Tuning | None = None,
) -> SupervisedPlan:
    requested = JobHyperparameters(
        n_epochs=epochs, batch_size=batch_size, learning_rate_multiplier=multiplier
    )
    return plan_supervised(
        requested, example_count=12, hidden_size=32, seed=7, tuning=tuning or LoraTuning()
    )


def train(directory: Path, recorder: Recorder, **changes: object) -> Recorder:
    base = LoadedBase(directory=directory, model=llama(), dtype=torch.float32)
    validation = changes.pop("validation", [])
    train_supervised(
        changes.pop("plan", plan()),
        base,
        Examples(training=examples(12), validation=validation),
        recorder,
        directory=directory,
        base_name="tiny",
        **changes,
    )
    return recorder


def test_a_run_reports_every_step_and_a_checkpoint_at_the_end_of_every_epoch(tmp_path: Path):
    run = train(tmp_path, Recorder())

    assert [metrics.step for metrics in run.steps] == list(range(1, 19))
    assert [(c.epoch, c.step) for c in run.checkpoints] == [(1, 6), (2, 12), (3, 18)]
    for checkpoint in run.checkpoints:
        verify_directory(checkpoint.directory)


def test_the_loss_falls_on_examples_seen_again(tmp_path: Path):
    run = train(tmp_path, Recorder(), plan=plan(epochs=15, multiplier=4))

    first, last = run.steps[:6], run.steps[-6:]
    assert sum(m.train_loss for m in last) < 0.9 * sum(m.train_loss for m in first)
    assert last[-1].train_mean_token_accuracy > first[0].train_mean_token_accuracy


def test_a_killed_run_that_is_resumed_ends_bit_equal_to_an_uninterrupted_one(tmp_path: Path):
    whole = train(tmp_path / "whole", Recorder())
    with pytest.raises(StopTraining):
        train(tmp_path / "killed", Recorder(stop_before=16))

    resumed = train(tmp_path / "killed", Recorder(), resume_from=tmp_path / "killed" / "step-12")

    assert [metrics.step for metrics in resumed.steps] == list(range(13, 19))
    assert resumed.steps == whole.steps[12:]
    ours, theirs = (read_adapter(run.checkpoints[-1].directory) for run in (resumed, whole))
    for name, (a_RI, b_OR) in ours.layers.items():
        assert torch.equal(a_RI, theirs.layers[name][0])
        assert torch.equal(b_OR, theirs.layers[name][1])


def test_a_run_that_continues_a_tuned_model_starts_where_that_one_ended(tmp_path: Path):
    before = train(tmp_path / "first", Recorder(), plan=plan(epochs=15, multiplier=4))

    after = train(tmp_path / "second", Recorder(), continue_from=before.checkpoints[-1].directory)

    assert after.steps[0].train_loss < before.steps[0].train_loss * 0.9


def test_validation_is_whole_at_the_end_of_an_epoch_and_small_at_intervals(tmp_path: Path):
    run = train(tmp_path, Recorder(), validation=examples(20, seed=9))

    ends = [metrics for metrics in run.steps if metrics.full_valid_loss is not None]
    assert [metrics.step for metrics in ends] == [6, 12, 18]
    assert all(metrics.valid_loss is not None for metrics in ends)
    assert 0 <= ends[-1].full_valid_mean_token_accuracy <= 1


def test_the_base_is_left_as_it_was_found(tmp_path: Path):
    base = LoadedBase(directory=tmp_path, model=llama(), dtype=torch.float32)
    before = {name: value.clone() for name, value in base.model.state_dict().items()}

    train_supervised(
        plan(epochs=1),
        base,
        Examples(training=examples(12), validation=[]),
        Recorder(),
        directory=tmp_path,
        base_name="tiny",
    )

    after = base.model.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], value) for name, value in before.items())
