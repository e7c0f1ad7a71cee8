"""Training on the probabilities that a teacher gave to stored answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from understudy.modeling.loading import LoadedBase
from understudy.planning.supervised import SupervisedPlan
from understudy.registry.teaching import Teaching
from understudy.training.distillation.loss import DivergenceSum, forward_divergence
from understudy.training.distillation.steps import (
    TaughtBatch,
    TaughtStep,
    make_taught_step,
    taught_steps,
)
from understudy.training.distillation.targets import KeptTargets
from understudy.training.divergence import DivergenceWatch, blind_loss
from understudy.training.loop import StepOutcome
from understudy.training.losses import TOKEN_ACCURACY
from understudy.training.metrics import StepMetrics
from understudy.training.reporting import Reporter
from understudy.training.supervised import Examples

_SMALL_VALIDATION = 8
"""Examples of the small validation batch."""
# Few, because the first step waits for them.
_START_EXAMPLES = 6
LOSS = "loss"
"""Under which `means_over` gives what is made smaller."""


@dataclass(frozen=True, kw_only=True)
class TaughtExamples:
    """The rendered files of a run, and what the teacher said of each."""

    examples: Examples
    width: int
    """Tokens that teacher and student both know."""
    training: KeptTargets
    validation: KeptTargets | None
    """None when the job has no validation file."""


class ProbabilitiesObjective:
    """Brings the student's probabilities to those of its teacher, on the answers of the file."""

    def __init__(
        self,
        plan: SupervisedPlan,
        base: LoadedBase,
        teaching: Teaching,
        taught: TaughtExamples,
        reporter: Reporter,
    ) -> None:
        self._plan = plan
        self._model = base.model
        self._teaching = teaching
        self._taught = taught
        self._examples = taught.examples
        self._reporter = reporter
        self._watch: DivergenceWatch | None = None

    def prepare(self, *, is_resumed: bool) -> float:
        """Return the loss on the first few examples."""
        if is_resumed:
            return 0.0
        few = range(min(_START_EXAMPLES, len(self._examples.training)))
        step = make_taught_step(self._examples.training, few, 0, self._plan.execution)
        return self._score(step, self._taught.training)[LOSS]

    def steps(self, after_step: int) -> Iterable[TaughtStep]:
        """Return the steps after one of them."""
        plan = self._plan
        return taught_steps(
            self._examples.training,
            epochs=plan.hyperparameters.n_epochs,
            batch_size=plan.hyperparameters.batch_size,
            execution=plan.execution,
            seed=plan.seed,
            after_step=after_step,
        )

    def tokens_in(self, batch: TaughtBatch) -> int:
        """Return how many tokens the model reads of a micro-batch."""
        return len(batch.examples.tokens_T)

    def loss_of(self, batch: TaughtBatch) -> DivergenceSum:
        """Return the divergence from the teacher; may raise StopTraining."""
        self._reporter.check_stop()
        return self._loss(batch, self._taught.training)

    def measured(self, outcome: StepOutcome, total_steps: int) -> StepMetrics:
        """Return loss, divergence and agreement of a step."""
        return step_metrics(outcome, total_steps)

    def validated(self, metrics: StepMetrics, *, is_few: bool, is_all: bool) -> StepMetrics:
        """Add what held-out examples show."""
        held_out, targets = self._examples.validation, self._taught.validation
        if targets is None:
            return metrics
        if is_few:
            start = metrics.step * _SMALL_VALIDATION % len(held_out)
            few = {(start + at) % len(held_out) for at in range(_SMALL_VALIDATION)}
            step = make_taught_step(held_out, sorted(few), 0, self._plan.execution)
            small = self._score(step, targets)
            metrics = replace(
                metrics,
                valid_loss=small[LOSS],
                valid_mean_token_accuracy=small[TOKEN_ACCURACY],
                more={**metrics.more, **named("valid", small)},
            )
        if is_all:
            step = make_taught_step(held_out, range(len(held_out)), 0, self._plan.execution)
            full = self._score(step, targets)
            metrics = replace(
                metrics,
                full_valid_loss=full[LOSS],
                full_valid_mean_token_accuracy=full[TOKEN_ACCURACY],
                more={**metrics.more, **named("full_valid", full)},
            )
        return metrics

    def watch(self, outcome: StepOutcome, start_loss: float) -> None:
        """Raise JobFailedError when the loss says that the model forgot all it knew."""
        if self._watch is None:
            blind = blind_loss(self._examples.training)
            self._watch = DivergenceWatch(start_loss=start_loss, blind_loss=blind)
        self._watch.see(outcome.step, outcome.loss)

    def _loss(self, batch: TaughtBatch, kept: KeptTargets) -> DivergenceSum:
        device = self._model.device
        return forward_divergence(
            self._model,
            batch.examples.to(device),
            kept.of(batch.numbers).to(device),
            width=self._taught.width,
            temperature=self._teaching.temperature,
            mix=self._teaching.mix,
        )

    def _score(self, step: TaughtStep, kept: KeptTargets) -> Mapping[str, float]:
        return means_over(
            step.denominator, [self._loss_without_graph(b, kept) for b in step.micro_batches]
        )

    def _loss_without_graph(self, batch: TaughtBatch, kept: KeptTargets) -> DivergenceSum:
        self._reporter.check_stop()
        with torch.no_grad():
            return self._loss(batch, kept)


def step_metrics(outcome: StepOutcome, total_steps: int) -> StepMetrics:
    """Return what a step of a distillation shows."""
    measures = dict(outcome.measures)
    accuracy = measures.pop(TOKEN_ACCURACY)
    return StepMetrics(
        step=outcome.step,
        total_steps=total_steps,
        train_loss=outcome.loss,
        train_mean_token_accuracy=accuracy,
        more=named("train", measures),
    )


def means_over(tokens: float, sums: Sequence[DivergenceSum]) -> Mapping[str, float]:
    """Return loss and measures of what is only looked at, as means over its tokens."""
    totals: dict[str, Tensor] = {}
    for part in sums:
        for name, value in ((LOSS, part.loss), *part.measures.items()):
            totals[name] = totals.get(name, torch.zeros_like(value)) + value
    return {name: value.item() / tokens for name, value in totals.items()}


def named(prefix: str, measures: Mapping[str, float]) -> dict[str, float]:
    """Return what only distillations measure, under the names of a job's metrics."""
    left_out = (LOSS, TOKEN_ACCURACY)
    return {f"{prefix}_{name}": value for name, value in measures.items() if name not in left_out}
