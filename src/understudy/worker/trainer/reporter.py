"""The facts of one attempt, written to the rows of its job as they happen."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

from understudy.data.images.sources import TEXT_ONLY, ImageSource
from understudy.jobs import progress, texts
from understudy.jobs.checkpoints import NewCheckpoint, add_checkpoint, add_snapshot
from understudy.jobs.claims import Claim, ResumePoint
from understudy.jobs.result_file import result_table
from understudy.jobs.success import succeeded
from understudy.planning.supervised import SupervisedPlan
from understudy.planning.words import plan_in_words
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.jobs.checkpoints import checkpoints_of_job
from understudy.training.judgement import remarks_on
from understudy.training.metrics import StepMetrics
from understudy.training.reporting import SavedCheckpoint
from understudy.training.validation import ValidationScore
from understudy.wording import Sentence
from understudy.worker.trainer.housekeeping import drop_states, remove
from understudy.worker.trainer.listeners import Listeners, run_facts
from understudy.worker.trainer.pace import Pace
from understudy.worker.trainer.step_writer import StepWriter
from understudy.worker.trainer.stop_flag import StopFlag

# Where a run can continue: the newest checkpoint, and the one before should that be damaged.
_STATES_KEPT = 2


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
        images: ImageSource = TEXT_ONLY,
    ) -> None:
        self.database = database
        self.images = images
        """Where the images of the job's files come from."""
        self._blobs = blobs
        self._claim = claim
        self._stop = stop
        self._listeners = listeners
        self._steps = StepWriter(database, claim)
        self._renderer_hash = ""
        self._when_checkpointed: dict[int, Callable[[str], None]] = {}
        self.saved: ResumePoint | None = None
        """The newest state that this attempt recorded."""

    def check_stop(self) -> None:
        """Raise StopTraining when the attempt should end."""
        self._stop.check()

    def awaiting_others(self) -> AbstractContextManager[None]:
        """Let a block wait for another process as long as that takes."""
        return self._stop.awaiting_others()

    def warn(self, message: Sentence) -> None:
        """Append an event that the job's owner should act on; the job continues."""
        progress.warn(self.database, self._claim, message)

    def inform(self, message: Sentence) -> None:
        """Append an event that needs no action."""
        progress.inform(self.database, self._claim, message)

    def validated(self) -> None:
        """Report that the files are good."""
        progress.validated(self.database, self._claim)

    def started(
        self,
        plan: SupervisedPlan,
        renderer_hash: str,
        *,
        validation_examples: int,
        template_date: date | None = None,
    ) -> None:
        """Report that training begins, with the numbers that "auto" became and why.

        `template_date` is the day that the chat template prints, None where it prints none.
        """
        self._renderer_hash = renderer_hash
        resolved = plan.job_hyperparameters()
        progress.started(self.database, self._claim, resolved, renderer_hash, template_date)
        self.inform(plan_in_words(plan))
        if template_date is not None:
            self.inform(texts.prints_date(template_date))
        self._steps.pace = Pace(plan.hyperparameters, validation_examples=validation_examples)
        steps = self.recorded_steps()
        facts = run_facts(self._claim, plan, recorded_step=steps[-1].step if steps else 0)
        self._warn_all(self._listeners.on_start(facts))

    def has_baseline(self) -> bool:
        """Say whether it is recorded how good the model was before training."""
        return progress.has_baseline(self.database, self._claim)

    def on_baseline(self, before: ValidationScore) -> None:
        """Record how good the model was before training."""
        progress.note_baseline(
            self.database, self._claim, loss=before.loss, token_accuracy=before.token_accuracy
        )

    def on_step(self, metrics: StepMetrics) -> None:
        """Take a step; steps that come fast are written together."""
        self._steps.add(metrics)
        if self._steps.is_due:
            self.write_steps()

    def write_steps(self) -> None:
        """Write the steps that are still held back."""
        written = self._steps.write()
        if written:
            self._warn_all(self._listeners.on_steps(written))

    def when_checkpointed(self, step: int, call: Callable[[str], None]) -> None:
        """Call this with the name of the model of a step, once its checkpoint is recorded."""
        self._when_checkpointed[step] = call

    def on_checkpoint(self, checkpoint: SavedCheckpoint) -> None:
        """Record a checkpoint, after its steps."""
        self.write_steps()
        new = NewCheckpoint(
            metrics=checkpoint.metrics,
            directory=checkpoint.directory,
            manifest_sha256=checkpoint.manifest_sha256,
            renderer_hash=self._renderer_hash,
        )
        recorded = add_checkpoint(self.database, self._claim, new)
        waiting = self._when_checkpointed.pop(checkpoint.step, None)
        if waiting is not None:
            waiting(recorded.model_name)
        self.saved = ResumePoint(step=checkpoint.step, directory=checkpoint.directory)
        drop_states(self.database, self._claim.job_id, keep=_STATES_KEPT)
        remove(recorded.removed_directories)

    def on_snapshot(self, step: int, directory: Path) -> None:
        """Record the state that a pause saved, after its steps."""
        self.write_steps()
        snapshot = ResumePoint(step=step, directory=directory)
        removed = add_snapshot(self.database, self._claim, snapshot)
        self.saved = snapshot
        remove(removed)

    def succeeded(self, trained_tokens: int) -> None:
        """End the job well: what its losses say, the metrics as a file, the last checkpoint."""
        self.write_steps()
        self._warn_all(self._listeners.settle())
        steps = self.recorded_steps()
        for remark in remarks_on(steps, self._model_names()):
            (self.warn if remark.is_warning else self.inform)(remark.text)
        result = self._blobs.write([result_table(steps).encode()])
        succeeded(self.database, self._claim, result=result, trained_tokens=trained_tokens)
        drop_states(self.database, self._claim.job_id, keep=0)

    def recorded_steps(self) -> Sequence[StepMetrics]:
        """Return all steps of the job, those of earlier attempts included."""
        self.write_steps()
        return progress.recorded_steps(self.database, self._claim)

    def _model_names(self) -> dict[int, str]:
        with self.database.read() as session:
            kept = checkpoints_of_job(session, self._claim.job_id)
            return {checkpoint.step: checkpoint.model_name for checkpoint in kept}

    def _warn_all(self, messages: Iterable[Sentence]) -> None:
        for message in messages:
            self.warn(message)
