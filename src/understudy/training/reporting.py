"""What a run reports while it continues, and how it is ended from outside."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from understudy.training.metrics import StepMetrics


@dataclass(frozen=True, kw_only=True)
class SavedCheckpoint:
    """A complete checkpoint on disk: a PEFT adapter directory with the state to resume from."""

    step: int
    epoch: int
    """In which it was saved, or whose end it is; counted from 1."""
    directory: Path
    manifest_sha256: str
    metrics: StepMetrics


class StopTraining(Exception):  # noqa: N818 - a request from outside, not an error
    """Raised by a reporter to end the run at once: the job was cancelled or its lease lost."""


class PauseTraining(StopTraining):
    """Raised by a reporter to end the run once its state is saved: it will be resumed."""


class Reporter(Protocol):
    """Receives a run's facts in order."""

    def on_step(self, metrics: StepMetrics) -> None:
        """Take the metrics of one step; may raise StopTraining."""
        ...

    def on_checkpoint(self, checkpoint: SavedCheckpoint) -> None:
        """Take a checkpoint that is complete on disk; may raise StopTraining."""
        ...

    def on_snapshot(self, step: int, directory: Path) -> None:
        """Take the state after `step`, complete on disk: the run can continue there, no more."""
        ...

    def check_stop(self) -> None:
        """Raise StopTraining when the run should end; called between micro-steps, so be quick."""
        ...
