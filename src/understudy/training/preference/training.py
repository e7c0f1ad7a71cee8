"""Training on pairs of answers: the preferred one becomes likelier than the other."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from understudy.errors import JobFailedError
from understudy.modeling.loading import LoadedBase
from understudy.planning.execution import Layout
from understudy.planning.preference import PreferencePlan
from understudy.training.loop import StepOutcome
from understudy.training.metrics import StepMetrics
from understudy.training.preference.loss import (
    CHOSEN_LOGPS,
    PreferenceSums,
    preference_loss,
)
from understudy.training.preference.pairs import (
    PairBatch,
    PairLayout,
    PairStep,
    RenderedPair,
    make_pair_step,
    pair_steps,
)
from understudy.training.preference.reference import Reference, reference_of
from understudy.training.reporting import Reporter
from understudy.wording import worded

_SMALL_VALIDATION = 8
"""Pairs of the small validation batch."""
_LOSS = "loss"
_HOPELESS = -1e5
"""Log-probability of an answer below which nothing is left of a language model."""


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """The rendered files of a run over pairs."""

    training: Sequence[RenderedPair]
    validation: Sequence[RenderedPair]
    """Empty when the job has no validation file."""

    @property
    def longest(self) -> int:
        """Tokens that are computed together at the least: the longest pair of both files."""
        return max(pair.tokens for pair in (*self.training, *self.validation))

    @property
    def trained_tokens(self) -> int:
        """Tokens of both answers of the training file, which one epoch passes over."""
        return sum(pair.tokens for pair in self.training)


class PreferenceObjective:
    """Direct preference optimization.

    The reference is the model that the run starts from: the base, or the adapter it continues.
    """

    def __init__(
        self, plan: PreferencePlan, base: LoadedBase, pairs: Pairs, reporter: Reporter
    ) -> None:
        self._plan = plan
        self._model = base.model
        self._pairs = pairs
        self._reporter = reporter
        execution = plan.execution
        self._how = PairLayout(
            layout=execution.layout,
            tokens_per_micro_batch=execution.tokens_per_micro_batch,
            # The one kernel that a GPU computes all segments with knows no forks.
            shares=execution.layout is Layout.PACKED and self._model.device.type == "cpu",
        )
        self._training: Reference | None = None
        self._validation: Reference | None = None

    def prepare(self, *, is_resumed: bool) -> float:
        """Measure the reference, at every attempt; returns the first loss: that of a coin."""
        del is_resumed
        plan = self._plan
        self._training = self._reference(
            self._pairs.training, batch_size=plan.hyperparameters.batch_size, seed=plan.seed
        )
        if self._pairs.validation:
            self._validation = self._reference(
                self._pairs.validation, batch_size=len(self._pairs.validation), seed=0
            )
        return math.log(2)

    def steps(self, after_step: int) -> Iterable[PairStep]:
        """Return the steps after one of them."""
        plan = self._plan
        return pair_steps(
            self._pairs.training,
            epochs=plan.hyperparameters.n_epochs,
            batch_size=plan.hyperparameters.batch_size,
            how=self._how,
            seed=plan.seed,
            after_step=after_step,
        )

    def tokens_in(self, batch: PairBatch) -> int:
        """Return how many tokens the model reads of a micro-batch."""
        return len(batch.tokens_T)

    def loss_of(self, batch: PairBatch) -> PreferenceSums:
        """Return the loss over pairs; may raise StopTraining."""
        self._reporter.check_stop()
        assert self._training is not None, "the reference is measured before the first step"
        return self._loss(batch, self._training)

    def measured(self, outcome: StepOutcome, total_steps: int) -> StepMetrics:
        """Return loss and rewards of a step."""
        return StepMetrics(
            step=outcome.step,
            total_steps=total_steps,
            train_loss=outcome.loss,
            more={f"train_{name}": value for name, value in outcome.measures.items()},
        )

    def validated(self, metrics: StepMetrics, *, is_few: bool, is_all: bool) -> StepMetrics:
        """Add loss and rewards on held-out pairs."""
        count = len(self._pairs.validation)
        if count and is_few:
            start = metrics.step * _SMALL_VALIDATION % count
            few = {(start + at) % count for at in range(_SMALL_VALIDATION)}
            small = self._score(sorted(few))
            metrics = replace(
                metrics, valid_loss=small[_LOSS], more={**metrics.more, **_named("valid", small)}
            )
        if count and is_all:
            full = self._score(range(count))
            metrics = replace(
                metrics,
                full_valid_loss=full[_LOSS],
                more={**metrics.more, **_named("full_valid", full)},
            )
        return metrics

    def watch(self, outcome: StepOutcome, start_loss: float) -> None:
        """Raise JobFailedError when no answer is anything like likely any more."""
        del start_loss
        if outcome.measures[CHOSEN_LOGPS] < _HOPELESS:
            raise JobFailedError(
                worded(
                    "job.diverged.pairs",
                    "Training diverged: at step {step} the preferred answers have a "
                    "mean log-probability of {mean:,.0f}. Use a smaller "
                    "learning_rate_multiplier, or a larger beta.",
                    step=outcome.step,
                    mean=outcome.measures[CHOSEN_LOGPS],
                ),
                code="training_diverged",
                param="hyperparameters.learning_rate_multiplier",
            )

    def _reference(self, pairs: Sequence[RenderedPair], *, batch_size: int, seed: int) -> Reference:
        return reference_of(
            self._model,
            pairs,
            batch_size=batch_size,
            how=self._how,
            seed=seed,
            check_stop=self._reporter.check_stop,
        )

    def _loss(self, batch: PairBatch, reference: Reference) -> PreferenceSums:
        batch = batch.to(self._model.device)
        return preference_loss(
            self._model,
            batch,
            reference.of(batch),
            beta=self._plan.beta,
            sft_weight=self._plan.sft_weight,
        )

    def _score(self, numbers: Sequence[int]) -> Mapping[str, float]:
        """Return the means over held-out pairs of these numbers."""
        assert self._validation is not None, "there is something held out"
        step = make_pair_step(self._pairs.validation, numbers, 0, self._how)
        totals: dict[str, Tensor] = {}
        with torch.no_grad():
            for batch in step.micro_batches:
                sums = self._loss(batch, self._validation)
                for name, value in ((_LOSS, sums.loss), *sums.measures.items()):
                    totals[name] = totals.get(name, torch.zeros_like(value)) + value
        return {name: value.item() / step.denominator for name, value in totals.items()}


def _named(prefix: str, measures: Mapping[str, float]) -> dict[str, float]:
    return {f"{prefix}_{name}": value for name, value in measures.items() if name != _LOSS}
