from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch

from tests.tiny import examples, llama
from understudy.modeling.checkpoints import verify_directory
from understudy.modeling.loading import LoadedBase
from understudy.planning.execution import Execution
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.supervised import SupervisedPlan, plan_supervised
from understudy.training.metrics import StepMetrics
from understudy.training.reporting import PauseTraining, SavedCheckpoint
from understudy.training.supervised import Examples, train_supervised


@dataclass
class Pausing:
    """A reporter that pauses a run before its n-th micro-batch."""

    pause_at: int | None = None
    micro_batches: int = 0
    steps: list[StepMetrics] = field(default_factory=list)
    checkpoints: list[SavedCheckpoint] = field(default_factory=list)
    snapshots: list[tuple[int, Path]] = field(default_factory=list)

    def on_step(self, metrics: StepMetrics) -> None:
        self.steps.append(metrics)

    def on_checkpoint(self, checkpoint: SavedCheckpoint) -> None:
        self.checkpoints.append(checkpoint)

    def on_snapshot(self, step: int, directory: Path) -> None:
        self.snapshots.append((step, directory))

    def check_stop(self) -> None:
        self.micro_batches += 1
        if self.micro_batches == self.pause_at:
            raise PauseTraining


def plan() -> SupervisedPlan:
    """Two epochs of three steps, each step of several micro-batches."""
    requested = JobHyperparameters(n_epochs=2, batch_size=4, learning_rate_multiplier=1.0)
    decided = plan_supervised(requested, example_count=12, hidden_size=32, seed=7)
    return replace(decided, execution=Execution(tokens_per_micro_batch=20))


def train(directory: Path, reporter: Pausing, resume_from: Path | None = None) -> Pausing:
    train_supervised(
        plan(),
        LoadedBase(directory=directory, model=llama(), dtype=torch.float32),
        Examples(training=examples(12), validation=[]),
        reporter,
        directory=directory,
        base_name="tiny",
        resume_from=resume_from,
    )
    return reporter


def adapter(run: Pausing) -> bytes:
    return (run.checkpoints[-1].directory / "adapter_model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Pausing:
    run = train(tmp_path_factory.mktemp("whole"), Pausing())
    assert run.micro_batches > 2 * len(run.steps)
    return run


def test_a_run_paused_before_any_micro_batch_goes_on_as_if_nothing_had_been(
    tmp_path: Path, whole: Pausing
):
    for at in range(1, whole.micro_batches + 1):
        directory = tmp_path / str(at)
        paused = Pausing(pause_at=at)
        with pytest.raises(PauseTraining):
            train(directory, paused)
        points = [*paused.snapshots, *((c.step, c.directory) for c in paused.checkpoints)]
        newest = max(points, default=None)
        assert len(paused.steps) == (0 if newest is None else newest[0])
        resumed = train(directory, Pausing(), None if newest is None else newest[1])
        assert paused.steps + resumed.steps == whole.steps
        assert adapter(resumed) == adapter(whole)


def test_a_snapshot_is_complete_and_only_made_where_there_is_no_checkpoint(
    tmp_path: Path, whole: Pausing
):
    saved: set[int] = set()
    for at in range(1, whole.micro_batches + 1):
        paused = Pausing(pause_at=at)
        with pytest.raises(PauseTraining):
            train(tmp_path / str(at), paused)
        for step, directory in paused.snapshots:
            assert directory == tmp_path / str(at) / f"resume-{step}"
            verify_directory(directory)
            saved.add(step)
    assert saved == {1, 2, 4, 5}


def test_a_run_paused_right_after_it_was_resumed_saves_nothing_again(
    tmp_path: Path, whole: Pausing
):
    first = Pausing(pause_at=whole.micro_batches - 1)
    with pytest.raises(PauseTraining):
        train(tmp_path, first)
    again = Pausing(pause_at=1)
    with pytest.raises(PauseTraining):
        train(tmp_path, again, first.snapshots[-1][1])
    assert again.snapshots == []
