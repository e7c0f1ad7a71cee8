"""A run's facts to rows: steps, checkpoints, warnings, and the end of the job."""

import csv
import io
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from understudy.jobs import progress
from understudy.jobs.claims import Claim, ResumePoint
from understudy.jobs.report_cards import has_baseline, note_baseline
from understudy.jobs.success import succeeded
from understudy.planning.supervised import SupervisedPlan
from understudy.planning.words import plan_in_words
from understudy.registry.tuning import tuning_in_words
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.jobs.checkpoints import checkpoints_of_job
from understudy.training.judgement import (
    best_in_words,
    epochs_of,
    is_overfitting,
    overfitting_in_words,
)
from understudy.training.metrics import StepMetrics
from understudy.training.reporting import SavedCheckpoint
from understudy.training.resume import drop_state
from understudy.training.validation import ValidationScore
from understudy.worker.trainer.listeners import Listeners, RunFacts
from understudy.worker.trainer.pace import Pace, RunSize
from understudy.worker.trainer.stop_flag import StopFlag

# Small models make many steps a second, and each transaction waits for the disk.
_FLUSH_SECONDS = 0.25
_DECIMALS = 5
# Where a run can go on: the newest checkpoint, and the one before should that be damaged.
_STATES_KEPT = 2
_RESULT_COLUMNS = (
    "step",
    "train_loss",
    "train_accuracy",
    "valid_loss",
    "valid_mean_token_accuracy",
)


class JobReporter:
    """Writes what one attempt does to the rows of its job.

    Every method raises LeaseLostError once the job is no longer this worker's.
    """

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        claim: Claim,
        stop: StopFlag,
        listeners: Listeners,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._claim = claim
        self._stop = stop
        self._unwritten: list[StepMetrics] = []
        self._written_at = 0.0
        self._listeners = listeners
        self._pace: Pace | None = None
        self._renderer_hash = ""
        self.saved: ResumePoint | None = None
        """The newest state that this attempt put on record."""

    def check_stop(self) -> None:
        """Raise StopTraining when the attempt should end."""
        self._stop.check()

    def warn(self, message: str) -> None:
        """Tell the job's owner something that does not stop the job."""
        progress.warn(self._database, self._claim, message)

    def inform(self, message: str) -> None:
        """Tell the job's owner something that needs no care."""
        progress.inform(self._database, self._claim, message)

    def validated(self) -> None:
        """Report that the files are good."""
        progress.validated(self._database, self._claim)

    def started(
        self, plan: SupervisedPlan, renderer_hash: str, *, validation_examples: int
    ) -> None:
        """Report that training begins, with the numbers that "auto" became and why."""
        self._renderer_hash = renderer_hash
        values = plan.hyperparameters
        shown = values.as_job_hyperparameters()
        progress.started(self._database, self._claim, shown, renderer_hash)
        self.inform(plan_in_words(plan))
        self._pace = Pace(
            RunSize(
                total_steps=values.total_steps,
                steps_per_epoch=values.steps_per_epoch,
                batch_size=values.batch_size,
                validation_examples=validation_examples,
            )
        )
        steps = progress.recorded_steps(self._database, self._claim)
        facts = RunFacts(
            told_before=steps[-1].step if steps else 0, settings=_settings(self._claim, plan)
        )
        self._warn_all(self._listeners.on_start(facts))

    def has_baseline(self) -> bool:
        """Say whether it is on record how good the model was before training."""
        return has_baseline(self._database, self._claim)

    def on_baseline(self, before: ValidationScore) -> None:
        """Put on record how good the model was before training."""
        note_baseline(
            self._database,
            self._claim,
            loss=before.loss,
            token_accuracy=before.token_accuracy,
        )

    def on_step(self, metrics: StepMetrics) -> None:
        """Take a step; steps that come fast are written together."""
        self._unwritten.append(metrics)
        if self._pace is not None:
            self._pace.step_done(metrics.step)
        is_last = metrics.step == metrics.total_steps
        if is_last or time.monotonic() - self._written_at >= _FLUSH_SECONDS:
            self.write_steps()

    def on_checkpoint(self, checkpoint: SavedCheckpoint) -> None:
        """Put a checkpoint on record; its step is on record before it."""
        self.write_steps()
        new = progress.NewCheckpoint(
            metrics=checkpoint.metrics,
            directory=checkpoint.directory,
            manifest_sha256=checkpoint.manifest_sha256,
            renderer_hash=self._renderer_hash,
        )
        recorded = progress.add_checkpoint(self._database, self._claim, new)
        self.saved = ResumePoint(step=checkpoint.step, directory=checkpoint.directory)
        self._drop_states(but_the_newest=_STATES_KEPT)
        for directory in recorded.removed_directories:
            shutil.rmtree(directory, ignore_errors=True)

    def on_snapshot(self, step: int, directory: Path) -> None:
        """Put the state that a pause saved on record; its steps are on record before it."""
        self.write_steps()
        snapshot = ResumePoint(step=step, directory=directory)
        removals = progress.add_snapshot(self._database, self._claim, snapshot)
        self.saved = snapshot
        for removed in removals:
            shutil.rmtree(removed, ignore_errors=True)

    def succeeded(self, trained_tokens: int) -> None:
        """End the job well: the last checkpoint becomes the model, the metrics a file.

        What the validation file showed is told before.
        """
        self.write_steps()
        self._warn_all(self._listeners.settle())
        steps = progress.recorded_steps(self._database, self._claim)
        self._judge(steps)
        result = self._blobs.write([result_table(steps).encode()])
        succeeded(self._database, self._claim, result=result, trained_tokens=trained_tokens)
        self._drop_states(but_the_newest=0)

    def _drop_states(self, *, but_the_newest: int) -> None:
        with self._database.read() as session:
            kept = checkpoints_of_job(session, self._claim.job_id)
        for checkpoint in kept[: len(kept) - but_the_newest]:
            drop_state(Path(checkpoint.directory))

    def _judge(self, steps: Sequence[StepMetrics]) -> None:
        epochs = epochs_of(steps)
        if not epochs:
            return
        with self._database.read() as session:
            kept = checkpoints_of_job(session, self._claim.job_id)
            names = {checkpoint.step: checkpoint.model_name for checkpoint in kept}
        progress.inform(self._database, self._claim, best_in_words(epochs, names))
        if is_overfitting(epochs):
            self.warn(overfitting_in_words(epochs))

    def write_steps(self) -> None:
        """Put the steps that are still held back on record."""
        if self._unwritten:
            progress.step_metrics(
                self._database,
                self._claim,
                self._unwritten,
                estimated_finish=None if self._pace is None else self._pace.estimated_finish(),
            )
            written, self._unwritten = self._unwritten, []
            self._warn_all(self._listeners.on_steps(written))
        self._written_at = time.monotonic()

    def _warn_all(self, messages: Sequence[str]) -> None:
        for message in messages:
            self.warn(message)


def _settings(claim: Claim, plan: SupervisedPlan) -> dict[str, str | int | float | None]:
    return {
        "model": claim.model,
        "base": claim.base,
        "training_file": claim.training_file,
        "validation_file": claim.validation_file,
        "suffix": claim.suffix,
        "seed": plan.seed,
        "n_epochs": plan.hyperparameters.n_epochs,
        "batch_size": plan.hyperparameters.batch_size,
        "learning_rate_multiplier": plan.hyperparameters.learning_rate_multiplier,
        "learning_rate": plan.learning_rate,
        "total_steps": plan.hyperparameters.total_steps,
        "trained": tuning_in_words(plan.tuning),
    }


def result_table(steps: Sequence[StepMetrics]) -> str:
    """Return `step_metrics.csv`: five decimals, blank where nothing was measured."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_RESULT_COLUMNS)
    for step in steps:
        values = (
            step.train_loss,
            step.train_mean_token_accuracy,
            step.valid_loss,
            step.valid_mean_token_accuracy,
        )
        writer.writerow((step.step, *map(_rounded, values)))
    return text.getvalue()


def _rounded(value: float | None) -> float | str:
    return "" if value is None else round(value, _DECIMALS)
