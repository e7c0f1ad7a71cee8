"""A job's curves as TensorBoard event files, which any TensorBoard opens."""

from collections.abc import Sequence
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from understudy.training.metrics import StepMetrics
from understudy.worker.trainer.listeners import RunFacts


class TensorBoardFiles:
    """Writes one attempt's steps into the directory of its job."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._writer: SummaryWriter | None = None

    def on_start(self, facts: RunFacts) -> None:
        """Do nothing: a file is made at the first step."""

    def on_steps(self, steps: Sequence[StepMetrics]) -> None:
        """Append the steps; they are on the disk when this returns."""
        if self._writer is None:
            # An attempt before this one may have got further: from here on its steps are void.
            self._writer = SummaryWriter(self._directory, purge_step=steps[0].step)
        for metrics in steps:
            for tag, value in _scalars(metrics).items():
                if value is not None:
                    self._writer.add_scalar(tag, value, metrics.step)
        self._writer.flush()

    def settle(self) -> None:
        """Do nothing: everything is written as it comes."""

    def end(self, *, is_success: bool) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()


def _scalars(metrics: StepMetrics) -> dict[str, float | None]:
    return {
        "loss/training": metrics.train_loss,
        "loss/validation": metrics.valid_loss,
        "loss/full validation": metrics.full_valid_loss,
        "token accuracy/training": metrics.train_mean_token_accuracy,
        "token accuracy/validation": metrics.valid_mean_token_accuracy,
        "token accuracy/full validation": metrics.full_valid_mean_token_accuracy,
    }
