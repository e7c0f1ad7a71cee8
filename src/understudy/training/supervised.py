"""Supervised fine-tuning on the assistant's tokens, with a servable checkpoint every epoch."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.attention import PACKED_ATTENTION
from understudy.modeling.loading import LoadedBase
from understudy.modeling.recomputation import recomputing
from understudy.planning.execution import Layout
from understudy.planning.supervised import SupervisedPlan
from understudy.training.batching import MicroBatch, batches
from understudy.training.divergence import DivergenceWatch, blind_loss
from understudy.training.loop import StepOutcome, run_steps
from understudy.training.losses import TOKEN_ACCURACY, LossSum, next_token_loss
from understudy.training.metrics import StepMetrics
from understudy.training.optimizer import MasterAdamW
from understudy.training.reporting import PauseTraining, Reporter, SavedCheckpoint
from understudy.training.resume import RunState, load_state, save_state
from understudy.training.saving import BackgroundSaver, WriteInto
from understudy.training.schedule import linear_decay
from understudy.training.trainable import Trainable, trainable
from understudy.training.validation import ValidationScore, score

# Roughly how often a run looks at its small validation batch, and how many examples that has.
_VALIDATIONS_PER_RUN = 20
_SMALL_VALIDATION = 8
# Few, because the first step waits for them.
_START_EXAMPLES = 6
# What a killed run loses at most, where epochs are longer than that.
_SNAPSHOT_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class Examples:
    """The rendered files of a run."""

    training: Sequence[RenderedExample]
    validation: Sequence[RenderedExample]
    """Empty when the job has no validation file."""

    @property
    def longest(self) -> int:
        """Tokens of the longest example of both files."""
        return max(len(example.ids) for example in (*self.training, *self.validation))


def train_supervised(
    plan: SupervisedPlan,
    base: LoadedBase,
    examples: Examples,
    reporter: Reporter,
    *,
    directory: Path,
    base_name: str,
    continue_from: Path | None = None,
    resume_from: Path | None = None,
) -> None:
    """Train as the plan says and publish a model at the end of every epoch as `directory`/step-N.

    A run that is paused between two of these saves its state as `directory`/resume-N, and so does a
    run whose epochs are long, every few minutes.

    `continue_from` is an adapter of this base that the run starts from; `resume_from` is a
    checkpoint of this very run, from which it continues exactly.

    A run with LoRA leaves the base as it was found; one over all weights makes it another model.

    Raises InvalidRequestError when the model does not have the layers that the plan names.
    """
    model = base.model
    use_attention(base, plan.execution.layout)
    prepared = trainable(
        plan.tuning, base, base_name=base_name, adapter=continue_from, seed=plan.seed
    )
    with (
        prepared as trained,
        recomputing(model, is_on=plan.execution.recomputes),
        BackgroundSaver() as saver,
    ):
        run = _Run(plan, base, trained, examples, reporter, saver, directory)
        run.go(resume_from)


def use_attention(base: LoadedBase, layout: Layout) -> None:
    """Let the model attend as batches of this layout need it."""
    is_packed = layout is Layout.PACKED
    base.model.set_attn_implementation(PACKED_ATTENTION if is_packed else base.own_attention)


class _Run:
    """The state of one run between its steps."""

    def __init__(
        self,
        plan: SupervisedPlan,
        base: LoadedBase,
        trained: Trainable,
        examples: Examples,
        reporter: Reporter,
        saver: BackgroundSaver,
        directory: Path,
    ) -> None:
        self._plan = plan
        self._model = base.model
        self._trained = trained
        self._examples = examples
        self._reporter = reporter
        self._saver = saver
        self._directory = directory
        self._done = 0
        self._saved = 0
        self._saved_at = time.monotonic()
        self._optimizer = MasterAdamW(trained.parameters)

    def go(self, resume_from: Path | None) -> None:
        plan = self._plan
        if resume_from is None:
            self._start_loss = self._score(self._examples.training[:_START_EXAMPLES]).loss
        else:
            self._continue_from(load_state(resume_from))
        watch = DivergenceWatch(
            start_loss=self._start_loss, blind_loss=blind_loss(self._examples.training)
        )
        steps = batches(
            self._examples.training,
            epochs=plan.hyperparameters.n_epochs,
            batch_size=plan.hyperparameters.batch_size,
            tokens_per_micro_batch=plan.execution.tokens_per_micro_batch,
            layout=plan.execution.layout,
            seed=plan.seed,
            after_step=self._done,
        )
        rate = linear_decay(plan.learning_rate, plan.hyperparameters.total_steps, plan.warmup_steps)
        try:
            run_steps(
                steps,
                self._loss_of,
                self._optimizer,
                rate,
                lambda outcome: self._after_step(outcome, watch),
            )
        except PauseTraining:
            # Raised between micro-steps: the weights are still those after the last whole step.
            if self._done > self._saved:
                self._save_snapshot()
            raise

    def _continue_from(self, state: RunState) -> None:
        self._optimizer.restore(state.optimizer)
        self._start_loss = state.start_loss
        self._saved = self._done = state.step

    def _loss_of(self, batch: MicroBatch) -> LossSum:
        self._reporter.check_stop()
        return next_token_loss(self._model, batch.to(self._model.device))

    def _after_step(self, outcome: StepOutcome, watch: DivergenceWatch) -> None:
        self._done = outcome.step
        self._saver.report_finished()
        epoch, rest = divmod(outcome.step, self._plan.hyperparameters.steps_per_epoch)
        metrics = StepMetrics(
            step=outcome.step,
            total_steps=self._plan.hyperparameters.total_steps,
            train_loss=outcome.loss,
            train_mean_token_accuracy=outcome.measures[TOKEN_ACCURACY],
        )
        metrics = self._with_validation(metrics, ends_epoch=rest == 0)
        self._reporter.on_step(metrics)
        watch.see(outcome.step, outcome.loss)
        if rest == 0:
            self._save_checkpoint(metrics, epoch)
        elif time.monotonic() - self._saved_at >= _SNAPSHOT_SECONDS:
            self._save_snapshot()

    def _with_validation(self, metrics: StepMetrics, *, ends_epoch: bool) -> StepMetrics:
        held_out = self._examples.validation
        if not held_out:
            return metrics
        interval = max(1, self._plan.hyperparameters.total_steps // _VALIDATIONS_PER_RUN)
        if ends_epoch or metrics.step % interval == 0:
            start = metrics.step * _SMALL_VALIDATION % len(held_out)
            few = [held_out[(start + at) % len(held_out)] for at in range(_SMALL_VALIDATION)]
            small = self._score(few)
            metrics = replace(
                metrics, valid_loss=small.loss, valid_mean_token_accuracy=small.token_accuracy
            )
        if ends_epoch:
            full = self._score(held_out)
            metrics = replace(
                metrics,
                full_valid_loss=full.loss,
                full_valid_mean_token_accuracy=full.token_accuracy,
            )
        return metrics

    def _score(self, examples: Sequence[RenderedExample]) -> ValidationScore:
        execution = self._plan.execution
        return score(self._model, examples, execution.tokens_per_micro_batch, execution.layout)

    def _save_checkpoint(self, metrics: StepMetrics, epoch: int) -> None:
        directory = self._directory / f"step-{metrics.step}"

        def report(manifest_sha256: str) -> None:
            self._reporter.on_checkpoint(
                SavedCheckpoint(
                    step=metrics.step,
                    epoch=epoch,
                    directory=directory,
                    manifest_sha256=manifest_sha256,
                    metrics=metrics,
                )
            )

        self._save(directory, report)

    def _save_snapshot(self) -> None:
        step = self._done
        directory = self._directory / f"resume-{step}"
        self._save(directory, lambda _: self._reporter.on_snapshot(step, directory))

    def _save(self, directory: Path, report: Callable[[str], None]) -> None:
        self._saver.save(directory, self._copy, report)
        self._saved = self._done
        self._saved_at = time.monotonic()

    def _copy(self) -> WriteInto:
        write_model = self._trained.copy()
        state = RunState(
            step=self._done,
            optimizer=self._optimizer.state(),
            start_loss=self._start_loss,
        )

        def write(into: Path) -> None:
            write_model(into)
            save_state(into, state)

        return write
