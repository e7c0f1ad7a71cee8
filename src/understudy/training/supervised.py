"""Supervised fine-tuning on the assistant's tokens, with a servable checkpoint every epoch."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from understudy.chat.images.placing import PlacedImage
from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.loading import LoadedBase
from understudy.modeling.vision.features import ImageFeatures
from understudy.planning.supervised import SupervisedPlan
from understudy.training.batching import MicroBatch, OptimizerStep, batches
from understudy.training.divergence import DivergenceWatch, blind_loss
from understudy.training.loop import StepOutcome
from understudy.training.losses import TOKEN_ACCURACY, LossSum, next_token_loss
from understudy.training.metrics import StepMetrics
from understudy.training.reporting import Reporter
from understudy.training.run import train
from understudy.training.validation import ValidationScore, score

_SMALL_VALIDATION = 8
"""Examples of the small validation batch."""
# Few, because the first step waits for them.
_START_EXAMPLES = 6


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

    @property
    def images(self) -> Iterator[PlacedImage]:
        """The images that the model is shown, each as often as it is shown."""
        return (one for of in (self.training, self.validation) for e in of for one in e.images)

    @property
    def trained_tokens(self) -> int:
        """Tokens of the training file, which one epoch passes over."""
        return sum(len(example.ids) for example in self.training)


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
    features: ImageFeatures | None = None,
) -> None:
    """Train on examples as `run.train` does; `features` are those of their images."""
    train(
        plan,
        base,
        SupervisedObjective(plan, base, examples, reporter, features=features),
        reporter,
        directory=directory,
        base_name=base_name,
        continue_from=continue_from,
        resume_from=resume_from,
    )


class SupervisedObjective:
    """Makes the assistant's tokens likelier."""

    def __init__(
        self,
        plan: SupervisedPlan,
        base: LoadedBase,
        examples: Examples,
        reporter: Reporter,
        *,
        features: ImageFeatures | None = None,
    ) -> None:
        """`features` are those of the examples' images, where they have any."""
        self._plan = plan
        self._model = base.model
        self._examples = examples
        self._reporter = reporter
        self._features = features
        self._watch: DivergenceWatch | None = None

    def prepare(self, *, is_resumed: bool) -> float:
        """Return the loss on the first few examples."""
        if is_resumed:
            return 0.0
        return self._score(self._examples.training[:_START_EXAMPLES]).loss

    def steps(self, after_step: int) -> Iterable[OptimizerStep]:
        """Return the steps after one of them."""
        plan = self._plan
        return batches(
            self._examples.training,
            epochs=plan.hyperparameters.n_epochs,
            batch_size=plan.hyperparameters.batch_size,
            tokens_per_micro_batch=plan.execution.tokens_per_micro_batch,
            layout=plan.execution.layout,
            seed=plan.seed,
            after_step=after_step,
        )

    def tokens_in(self, batch: MicroBatch) -> int:
        """Return how many tokens the model reads of a micro-batch."""
        return len(batch.tokens_T)

    def loss_of(self, batch: MicroBatch) -> LossSum:
        """Return the cross-entropy of the trained tokens; may raise StopTraining."""
        self._reporter.check_stop()
        return next_token_loss(self._model, batch.seen(self._features).to(self._model.device))

    def measured(self, outcome: StepOutcome, total_steps: int) -> StepMetrics:
        """Return loss and accuracy of a step."""
        return StepMetrics(
            step=outcome.step,
            total_steps=total_steps,
            train_loss=outcome.loss,
            train_mean_token_accuracy=outcome.measures[TOKEN_ACCURACY],
        )

    def validated(self, metrics: StepMetrics, *, is_few: bool, is_all: bool) -> StepMetrics:
        """Add loss and accuracy on held-out examples."""
        held_out = self._examples.validation
        if not held_out:
            return metrics
        if is_few:
            start = metrics.step * _SMALL_VALIDATION % len(held_out)
            few = [held_out[(start + at) % len(held_out)] for at in range(_SMALL_VALIDATION)]
            small = self._score(few)
            metrics = replace(
                metrics, valid_loss=small.loss, valid_mean_token_accuracy=small.token_accuracy
            )
        if is_all:
            full = self._score(held_out)
            metrics = replace(
                metrics,
                full_valid_loss=full.loss,
                full_valid_mean_token_accuracy=full.token_accuracy,
            )
        return metrics

    def watch(self, outcome: StepOutcome, start_loss: float) -> None:
        """Raise JobFailedError when the loss says that the model forgot all it knew."""
        if self._watch is None:
            blind = blind_loss(self._examples.training)
            self._watch = DivergenceWatch(start_loss=start_loss, blind_loss=blind)
        self._watch.see(outcome.step, outcome.loss)

    def _score(self, examples: Sequence[RenderedExample]) -> ValidationScore:
        execution = self._plan.execution
        return score(
            self._model,
            examples,
            execution.tokens_per_micro_batch,
            execution.layout,
            features=self._features,
        )
