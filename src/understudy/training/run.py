"""One run of any method between its steps: resumed, reported, validated, saved."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from understudy.modeling.attention import PACKED_ATTENTION
from understudy.modeling.loading import LoadedBase
from understudy.modeling.recomputation import recomputing
from understudy.modeling.vision.language import attend_with
from understudy.planning.execution import Layout
from understudy.planning.supervised import SupervisedPlan
from understudy.training.loop import Step, StepOutcome, Sums, run_steps
from understudy.training.metrics import RUN, StepMetrics
from understudy.training.optimizer import MasterAdamW
from understudy.training.reporting import PauseTraining, Reporter, SavedCheckpoint
from understudy.training.resume import RunState, load_state, save_state
from understudy.training.saving import BackgroundSaver, WriteInto
from understudy.training.schedule import linear_decay
from understudy.training.trainable import Trainable, trainable

# Roughly how often a run looks at its small validation batch.
_VALIDATIONS_PER_RUN = 20
# What a killed run loses at most, where epochs are longer than that.
_SNAPSHOT_SECONDS = 300.0

Batch = TypeVar("Batch")


class Objective(Protocol[Batch]):
    """A method of training: what its steps are, what they make smaller, and what it measures.

    It sees the model as training starts from it in `prepare`, and as it is at a step afterwards.
    """

    def prepare(self, *, is_resumed: bool) -> float:
        """Look at the model before anything is learned; returns its loss there.

        Where a run is resumed, that loss is known.
        """
        ...

    def steps(self, after_step: int) -> Iterable[Step[Batch]]:
        """Return the steps of the run after one of them, the same at every attempt."""
        ...

    def tokens_in(self, batch: Batch) -> int:
        """Return how many tokens the model reads of a micro-batch."""
        ...

    def loss_of(self, batch: Batch) -> Sums:
        """Return what is made smaller, with its graph, and what is reported."""
        ...

    def measured(self, outcome: StepOutcome, total_steps: int) -> StepMetrics:
        """Return the metrics of a step."""
        ...

    def validated(self, metrics: StepMetrics, *, is_few: bool, is_all: bool) -> StepMetrics:
        """Add what a few held-out examples show, or all of them; unchanged where none are."""
        ...

    def watch(self, outcome: StepOutcome, start_loss: float) -> None:
        """Raise JobFailedError when the run has diverged."""
        ...


def train(
    plan: SupervisedPlan,
    base: LoadedBase,
    objective: Objective[Batch],
    reporter: Reporter,
    *,
    directory: Path,
    base_name: str,
    continue_from: Path | None = None,
    resume_from: Path | None = None,
) -> None:
    """Train as the plan says and publish a model as `directory`/step-N as often as it says.

    A run that is paused between two of these saves its state as `directory`/resume-N, or one more
    model where the plan says so. A run that has them rarely saves its state every few minutes.

    `continue_from` is an adapter of this base that the run starts from; `resume_from` is a
    checkpoint of this very run, from which it continues exactly.

    A run with LoRA leaves the base as it was found; one over all weights makes it another model.

    Raises InvalidRequestError when the model does not have the layers that the plan names.
    """
    use_attention(base, plan.execution.layout)
    prepared = trainable(
        plan.tuning, base, base_name=base_name, adapter=continue_from, seed=plan.seed
    )
    with (
        prepared as trained,
        recomputing(base.model, is_on=plan.execution.recomputes),
        BackgroundSaver() as saver,
    ):
        _Run(plan, trained, objective, reporter, saver, directory).go(resume_from)


def use_attention(base: LoadedBase, layout: Layout) -> None:
    """Let the model attend as batches of this layout need it."""
    is_packed = layout is Layout.PACKED
    attend_with(base.model, PACKED_ATTENTION if is_packed else base.own_attention)


class _Run(Generic[Batch]):
    """The state of one run between its steps."""

    def __init__(
        self,
        plan: SupervisedPlan,
        trained: Trainable,
        objective: Objective[Batch],
        reporter: Reporter,
        saver: BackgroundSaver,
        directory: Path,
    ) -> None:
        self._plan = plan
        self._trained = trained
        self._objective = objective
        self._reporter = reporter
        self._saver = saver
        self._directory = directory
        self._start_loss = 0.0
        self._measured: StepMetrics | None = None
        self._done = 0
        self._tokens = 0
        self._saved = 0
        self._saved_at = time.monotonic()
        self._optimizer = MasterAdamW(trained.parameters)
        self._rate = linear_decay(
            plan.learning_rate, plan.hyperparameters.total_steps, plan.warmup_steps
        )

    def go(self, resume_from: Path | None) -> None:
        # Before the state of an earlier attempt is restored: what training started from counts.
        self._start_loss = self._objective.prepare(is_resumed=resume_from is not None)
        if resume_from is not None:
            self._continue_from(load_state(resume_from))
        try:
            run_steps(
                self._objective.steps(self._done),
                self._loss_of,
                self._optimizer,
                self._rate,
                self._after_step,
            )
        except PauseTraining:
            # Raised between micro-steps: the weights are still those after the last whole step.
            if self._done > self._saved:
                self._save_paused()
            raise

    def _continue_from(self, state: RunState) -> None:
        self._optimizer.restore(state.optimizer)
        self._start_loss = state.start_loss
        self._saved = self._done = state.step

    def _loss_of(self, batch: Batch) -> Sums:
        self._tokens += self._objective.tokens_in(batch)
        return self._objective.loss_of(batch)

    def _after_step(self, outcome: StepOutcome) -> None:
        self._done = outcome.step
        self._saver.report_finished()
        total = self._plan.hyperparameters.total_steps
        is_whole = outcome.step % self._plan.steps_per_checkpoint == 0 or outcome.step == total
        metrics = self._objective.measured(outcome, total)
        interval = max(1, total // _VALIDATIONS_PER_RUN)
        metrics = self._objective.validated(
            metrics, is_few=is_whole or outcome.step % interval == 0, is_all=is_whole
        )
        metrics = replace(metrics, details={**metrics.details, RUN: self._of_run(outcome)})
        self._measured = metrics
        self._reporter.on_step(metrics)
        self._objective.watch(outcome, self._start_loss)
        if is_whole:
            self._save_checkpoint(metrics)
        elif time.monotonic() - self._saved_at >= _SNAPSHOT_SECONDS:
            self._save_snapshot()

    def _of_run(self, outcome: StepOutcome) -> Mapping[str, float]:
        """Return what every method has at a step, whatever it learns from."""
        tokens, self._tokens = self._tokens, 0
        return {
            "learning_rate": self._rate(outcome.step),
            "gradient_norm": outcome.gradient_norm,
            "tokens": float(tokens),
        }

    def _save_paused(self) -> None:
        if self._plan.pauses_as_model and self._measured is not None:
            self._save_checkpoint(self._measured)
        else:
            self._save_snapshot()

    def _save_checkpoint(self, metrics: StepMetrics) -> None:
        directory = self._directory / f"step-{metrics.step}"
        epoch = -(-metrics.step // self._plan.hyperparameters.steps_per_epoch)

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
