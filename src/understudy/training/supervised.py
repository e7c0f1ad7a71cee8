"""Supervised fine-tuning: LoRA on the assistant's tokens, a servable checkpoint every epoch."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from understudy.chat.renderer import RenderedExample
from understudy.modeling.loading import LoadedBase
from understudy.modeling.lora import (
    LoraLinear,
    add_lora,
    copy_adapter,
    read_adapter,
    remove_lora,
    save_adapter,
    set_adapter,
)
from understudy.training.batching import MicroBatch, batches
from understudy.training.divergence import DivergenceWatch, blind_loss
from understudy.training.loop import StepOutcome, run_steps
from understudy.training.losses import LossSum, next_token_loss
from understudy.training.optimizer import MasterAdamW
from understudy.training.plan import TrainingPlan
from understudy.training.reporting import PauseTraining, Reporter, SavedCheckpoint, StepMetrics
from understudy.training.resume import RunState, load_state, save_state
from understudy.training.saving import BackgroundSaver, WriteInto
from understudy.training.schedule import linear_decay
from understudy.training.validation import score

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


def train_supervised(
    plan: TrainingPlan,
    base: LoadedBase,
    examples: Examples,
    reporter: Reporter,
    *,
    directory: Path,
    base_name: str,
    continue_from: Path | None = None,
    resume_from: Path | None = None,
) -> None:
    """Train an adapter and publish it at the end of every epoch as `directory`/step-N.

    A run that is paused between two of these saves its state as `directory`/resume-N, and so does a
    run whose epochs are long, every few minutes.

    `continue_from` is an adapter whose weights the run starts from; `resume_from` is a checkpoint
    of this very run, from which it goes on exactly. The base is left as it was found.
    """
    model = base.model
    layers = add_lora(model, rank=plan.lora_rank, alpha=plan.lora_alpha, seed=plan.seed)
    try:
        if continue_from is not None:
            set_adapter(layers, read_adapter(continue_from))
        with BackgroundSaver() as saver:
            run = _Run(plan, base, layers, examples, reporter, saver, directory, base_name)
            run.go(resume_from)
    finally:
        remove_lora(model, layers)


class _Run:
    """The state of one run between its steps."""

    def __init__(
        self,
        plan: TrainingPlan,
        base: LoadedBase,
        layers: dict[str, LoraLinear],
        examples: Examples,
        reporter: Reporter,
        saver: BackgroundSaver,
        directory: Path,
        base_name: str,
    ) -> None:
        self._plan = plan
        self._model = base.model
        self._layers = layers
        self._examples = examples
        self._reporter = reporter
        self._saver = saver
        self._directory = directory
        self._base_name = base_name
        self._done = 0
        self._saved = 0
        self._saved_at = time.monotonic()
        self._optimizer = MasterAdamW(
            [parameter for layer in layers.values() for parameter in (layer.a_RI, layer.b_OR)]
        )

    def go(self, resume_from: Path | None) -> None:
        plan = self._plan
        if resume_from is None:
            self._start_loss = self._measure_start()
        else:
            self._go_on_from(load_state(resume_from))
        watch = DivergenceWatch(
            start_loss=self._start_loss, blind_loss=blind_loss(self._examples.training)
        )
        steps = batches(
            self._examples.training,
            epochs=plan.epochs,
            batch_size=plan.batch_size,
            tokens_per_micro_batch=plan.tokens_per_micro_batch,
            seed=plan.seed,
            after_step=self._done,
        )
        rate = linear_decay(plan.learning_rate, plan.total_steps, plan.warmup_steps)
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

    def _go_on_from(self, state: RunState) -> None:
        self._optimizer.restore(state.optimizer)
        self._start_loss = state.start_loss
        self._saved = self._done = state.step

    def _measure_start(self) -> float:
        few = self._examples.training[:_START_EXAMPLES]
        return score(self._model, few, self._plan.tokens_per_micro_batch).loss

    def _loss_of(self, batch: MicroBatch) -> LossSum:
        self._reporter.check_stop()
        return next_token_loss(self._model, batch)

    def _after_step(self, outcome: StepOutcome, watch: DivergenceWatch) -> None:
        self._done = outcome.step
        self._saver.tell_finished()
        epoch, rest = divmod(outcome.step, self._plan.steps_per_epoch)
        metrics = StepMetrics(
            step=outcome.step,
            total_steps=self._plan.total_steps,
            train_loss=outcome.loss,
            train_mean_token_accuracy=outcome.token_accuracy,
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
        interval = max(1, self._plan.total_steps // _VALIDATIONS_PER_RUN)
        if ends_epoch or metrics.step % interval == 0:
            start = metrics.step * _SMALL_VALIDATION % len(held_out)
            few = [held_out[(start + at) % len(held_out)] for at in range(_SMALL_VALIDATION)]
            small = score(self._model, few, self._plan.tokens_per_micro_batch)
            metrics = replace(
                metrics, valid_loss=small.loss, valid_mean_token_accuracy=small.token_accuracy
            )
        if ends_epoch:
            full = score(self._model, held_out, self._plan.tokens_per_micro_batch)
            metrics = replace(
                metrics,
                full_valid_loss=full.loss,
                full_valid_mean_token_accuracy=full.token_accuracy,
            )
        return metrics

    def _save_checkpoint(self, metrics: StepMetrics, epoch: int) -> None:
        directory = self._directory / f"step-{metrics.step}"

        def tell(manifest_sha256: str) -> None:
            self._reporter.on_checkpoint(
                SavedCheckpoint(
                    step=metrics.step,
                    epoch=epoch,
                    directory=directory,
                    manifest_sha256=manifest_sha256,
                    metrics=metrics,
                )
            )

        self._save(directory, tell)

    def _save_snapshot(self) -> None:
        step = self._done
        directory = self._directory / f"resume-{step}"
        self._save(directory, lambda _: self._reporter.on_snapshot(step, directory))

    def _save(self, directory: Path, tell: Callable[[str], None]) -> None:
        self._saver.save(directory, self._copy, tell)
        self._saved = self._done
        self._saved_at = time.monotonic()

    def _copy(self) -> WriteInto:
        plan = self._plan
        adapter = copy_adapter(self._layers, rank=plan.lora_rank, alpha=plan.lora_alpha)
        state = RunState(
            step=self._done,
            optimizer=self._optimizer.state(),
            start_loss=self._start_loss,
        )

        def write(into: Path) -> None:
            save_adapter(into, adapter, base=self._base_name)
            save_state(into, state)

        return write
