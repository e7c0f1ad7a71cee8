"""Training on what the student itself says: its teacher judges every token of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import torch
from transformers import PreTrainedModel

from understudy.modeling.loading import LoadedBase
from understudy.planning.execution import Layout
from understudy.planning.supervised import SupervisedPlan
from understudy.registry.teaching import Teaching
from understudy.training.distillation.loss import DivergenceSum, reverse_divergence
from understudy.training.distillation.own_answers import (
    OwnAnswer,
    OwnBatch,
    OwnStep,
    TaughtPrompt,
    make_own_step,
)
from understudy.training.distillation.steps import numbered_batches
from understudy.training.distillation.training import LOSS, means_over, named
from understudy.training.loop import StepOutcome
from understudy.training.losses import TOKEN_ACCURACY
from understudy.training.metrics import StepMetrics
from understudy.training.reinforcement.episodes import Episode
from understudy.training.reinforcement.prompts import RenderedPrompt
from understudy.training.reinforcement.sampling import Draw, Sampler
from understudy.training.reinforcement.training import TRAINED_TOKENS
from understudy.training.reporting import Reporter

ANSWER_TOKENS = "answer_tokens"
"""Mean length of the answers that the student gave."""
_SMALL_VALIDATION = 8
_MAX_VALIDATION = 64
"""Held-out prompts that are answered at the end of an epoch."""
_START_PROMPTS = 6


@dataclass(frozen=True, kw_only=True)
class TaughtPrompts:
    """The rendered files of a run on the student's own answers."""

    training: Sequence[TaughtPrompt]
    validation: Sequence[TaughtPrompt]
    """Empty when the job has no validation file."""

    @property
    def longest(self) -> int:
        """Tokens of the longest prompt of both files."""
        return max(prompt.longest for prompt in (*self.training, *self.validation))


@dataclass(frozen=True, kw_only=True)
class LiveTeacher:
    """A teacher that is in memory while its student learns."""

    model: PreTrainedModel
    layout: Layout
    width: int
    """Tokens that teacher and student both know."""


class OnPolicyObjective:
    """Brings the student's probabilities to those of its teacher, on the student's own answers."""

    def __init__(
        self,
        plan: SupervisedPlan,
        base: LoadedBase,
        teaching: Teaching,
        teacher: LiveTeacher,
        prompts: TaughtPrompts,
        sampler: Sampler,
        reporter: Reporter,
    ) -> None:
        self._plan = plan
        self._model = base.model
        self._teaching = teaching
        self._teacher = teacher
        self._prompts = prompts
        self._sampler = sampler
        self._reporter = reporter
        self._step: OwnStep | None = None

    def prepare(self, *, is_resumed: bool) -> float:
        """Return the divergence on the first few answers."""
        if is_resumed:
            return 0.0
        return self._score(self._prompts.training[:_START_PROMPTS], "start")[LOSS]

    def steps(self, after_step: int) -> Iterable[OwnStep]:
        """Draw each step's answers when it is asked for, from the weights as they are then."""
        values = self._plan.hyperparameters
        prompts = self._prompts.training
        for number, chosen in numbered_batches(
            len(prompts),
            epochs=values.n_epochs,
            batch_size=values.batch_size,
            seed=self._plan.seed,
            after_step=after_step,
        ):
            self._step = self._drawn([prompts[at] for at in chosen], f"step {number}", number)
            yield self._step

    def tokens_in(self, batch: OwnBatch) -> int:
        """Return how many tokens the model reads of a micro-batch."""
        return len(batch.student.tokens_T)

    def loss_of(self, batch: OwnBatch) -> DivergenceSum:
        """Return the divergence from the teacher; may raise StopTraining."""
        self._reporter.check_stop()
        batch = batch.to(self._model.device)
        return reverse_divergence(
            self._model,
            batch.student,
            self._teacher.model,
            batch.teacher,
            width=self._teacher.width,
            temperature=self._teaching.temperature,
        )

    def measured(self, outcome: StepOutcome, total_steps: int) -> StepMetrics:
        """Return divergence, agreement and lengths of a step."""
        step = self._step
        assert step is not None, "a step was drawn before it was learned"
        more = named("train", outcome.measures)
        more[f"train_{ANSWER_TOKENS}"] = step.denominator / step.answers
        return StepMetrics(
            step=outcome.step,
            total_steps=total_steps,
            train_loss=outcome.loss,
            more={**more, TRAINED_TOKENS: step.denominator},
        )

    def validated(self, metrics: StepMetrics, *, is_few: bool, is_all: bool) -> StepMetrics:
        """Add what the student says to held-out prompts, drawn with the same seeds every time."""
        held_out = self._prompts.validation
        if held_out and is_few:
            start = metrics.step * _SMALL_VALIDATION % len(held_out)
            few = {(start + at) % len(held_out) for at in range(_SMALL_VALIDATION)}
            small = self._score([held_out[at] for at in sorted(few)], "validation")
            metrics = replace(
                metrics, valid_loss=small[LOSS], more={**metrics.more, **named("valid", small)}
            )
        if held_out and is_all:
            full = self._score(held_out[:_MAX_VALIDATION], "validation")
            metrics = replace(
                metrics,
                full_valid_loss=full[LOSS],
                more={**metrics.more, **named("full_valid", full)},
            )
        return metrics

    def watch(self, outcome: StepOutcome, start_loss: float) -> None:
        """See nothing: of texts that change with the model no loss says that it forgot all."""

    def _drawn(self, prompts: Sequence[TaughtPrompt], what: str, number: int) -> OwnStep:
        """Let the student answer each prompt once; may raise StopTraining."""
        draws = [
            Draw(
                prompt=_rendered(prompt, place),
                seed=_seed(self._plan.seed, what, place),
                max_tokens=self._teaching.max_tokens,
            )
            for place, prompt in enumerate(prompts)
        ]
        found: dict[int, OwnAnswer] = {}

        def on_drawn(place: int, episode: Episode) -> None:
            found[place] = OwnAnswer(prompts[place], episode.answer_ids)

        self._sampler.draw(draws, on_drawn, self._reporter.check_stop)
        answers = [found[place] for place in range(len(prompts))]
        return make_own_step(answers, number, self._plan.execution, self._teacher.layout)

    def _score(self, prompts: Sequence[TaughtPrompt], what: str) -> Mapping[str, float]:
        step = self._drawn(prompts, what, 0)
        with torch.no_grad():
            sums = [self.loss_of(batch) for batch in step.micro_batches]
        means = {**means_over(step.denominator, sums)}
        # How often the likeliest token was drawn says nothing of how good it is.
        del means[TOKEN_ACCURACY]
        return means


def _rendered(prompt: TaughtPrompt, place: int) -> RenderedPrompt:
    return RenderedPrompt(
        line=place, ids=prompt.student, messages=(), tools=(), item={}, grammar=None
    )


def _seed(*parts: int | str) -> int:
    return int.from_bytes(sha256(repr(parts).encode()).digest()[:8])
