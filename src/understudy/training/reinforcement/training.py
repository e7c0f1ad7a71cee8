"""Training on graded answers: those that are better than their siblings become likelier."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from understudy.errors import JobFailedError
from understudy.modeling.loading import LoadedBase
from understudy.planning.execution import Layout
from understudy.planning.reinforcement import ReinforcementPlan
from understudy.training.loop import StepOutcome
from understudy.training.metrics import StepMetrics
from understudy.training.reinforcement.details import StepAnswers, details_of
from understudy.training.reinforcement.episodes import (
    EpisodeBatch,
    EpisodeLayout,
    EpisodeStep,
    make_episode_step,
)
from understudy.training.reinforcement.grading import GradedAnswer, Grading, mean_of, mean_reward
from understudy.training.reinforcement.loss import SAMPLER_TRAINER_KL, PolicySums, policy_loss
from understudy.training.reinforcement.preflight import (
    FIRST_PROMPTS,
    MAX_PROMPTS,
    Preflight,
    judge_first_answers,
)
from understudy.training.reinforcement.rollouts import Rollout, Rollouts
from understudy.wording import worded

TRAINED_TOKENS = "trained_tokens"
"""Tokens of answers that a step learned from."""
_MAX_ERROR_SHARE = 0.5
_MAX_EXAMPLES_OF_ERRORS = 3
_MAX_KL = 1.0
"""Nats a token between drawing and training above which they are not the same model any more."""


class Observer(Protocol):
    """Receives what a run over graded answers sees besides its metrics."""

    def check_stop(self) -> None:
        """Raise StopTraining when the run should end."""
        ...

    def on_preflight(self, preflight: Preflight) -> None:
        """Take how the model answered before training; may raise JobFailedError."""
        ...

    def on_validation(self, step: int, answers: Sequence[GradedAnswer]) -> None:
        """Take the graded answers to all held-out prompts after a step."""
        ...


class ReinforcementObjective:
    """A policy gradient over groups of answers that the weights of each step draw themselves."""

    def __init__(
        self,
        plan: ReinforcementPlan,
        base: LoadedBase,
        rollouts: Rollouts,
        grading: Grading,
        observer: Observer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = plan
        self._model = base.model
        self._rollouts = rollouts
        self._reward_range = grading.range
        self._observer = observer
        self._clock = clock
        execution = plan.execution
        self._how = EpisodeLayout(
            layout=execution.layout,
            tokens_per_micro_batch=execution.tokens_per_micro_batch,
            # The one kernel that a GPU computes all segments with knows no forks.
            shares=execution.layout is Layout.PACKED and self._model.device.type == "cpu",
            max_answer_tokens=plan.max_completion_tokens,
        )
        self._step: EpisodeStep | None = None
        self._rollout: Rollout | None = None
        self._learning_began = 0.0
        self._answers: StepAnswers | None = None

    def prepare(self, *, is_resumed: bool) -> float:
        """Ask the model first, at the beginning of a run; a loss of 0 is what every run begins at.

        Raises JobFailedError when nothing could be learned.
        """
        if is_resumed:
            return 0.0
        preflight = self._first_answers()
        self._observer.on_preflight(preflight)
        reason = preflight.hopeless(self._reward_range, max_tokens=self._plan.max_completion_tokens)
        if reason is not None and self._plan.settings.needs_preflight:
            raise JobFailedError(reason, code="preflight_failed", param="method.reinforcement")
        return 0.0

    def _first_answers(self) -> Preflight:
        groups = self._rollouts.of_trial(0, FIRST_PROMPTS)
        preflight = judge_first_answers(groups)
        # A grader that takes all of its time for every answer and fails is not asked for hours.
        if self._plan.settings.needs_preflight and preflight.error_share == 1:
            return preflight
        more = self._rollouts.of_trial(FIRST_PROMPTS, MAX_PROMPTS)
        return judge_first_answers([*groups, *more])

    def steps(self, after_step: int) -> Iterable[EpisodeStep]:
        """Draw each step's answers when it is asked for, from the weights as they are then."""
        for number in range(after_step + 1, self._plan.hyperparameters.total_steps + 1):
            rollout = self._rollouts.of_step(number)
            self._refuse_too_many_errors(number, rollout)
            self._rollout = rollout
            self._step = make_episode_step(rollout.weighed(), number, self._how)
            self._learning_began = self._clock()
            yield self._step

    def tokens_in(self, batch: EpisodeBatch) -> int:
        """Return how many tokens the model reads of a micro-batch."""
        return len(batch.tokens_T)

    def loss_of(self, batch: EpisodeBatch) -> PolicySums:
        """Return the policy's loss; may raise StopTraining."""
        self._observer.check_stop()
        return policy_loss(self._model, batch.to(self._model.device))

    def measured(self, outcome: StepOutcome, total_steps: int) -> StepMetrics:
        """Return rewards and lengths of a step."""
        rollout, step = self._rollout, self._step
        assert rollout is not None, "a step was drawn before it was learned"
        assert step is not None, "a step was laid out before it was learned"
        self._answers = StepAnswers(
            train=rollout.answers,
            sampling_seconds=rollout.sampling_seconds,
            training_seconds=self._clock() - self._learning_began,
        )
        kl_sum = outcome.measures.get(SAMPLER_TRAINER_KL, 0.0) * step.denominator
        more = {
            "train_mean_reward": mean_reward(rollout.first),
            "mean_unresponsive_rewards": mean_of(
                [float(each.grade.errors.unresponsive_reward_error) for each in rollout.answers]
            ),
            "completion_tokens_mean": _mean_tokens(rollout.first),
            "reasoning_tokens_mean": _mean_thought(rollout.first),
            "train_truncated_share": mean_of(
                [float(each.drawn.episode.is_cut) for each in rollout.first]
            ),
            "train_useful_groups": float(len(rollout.groups)),
            TRAINED_TOKENS: float(step.trained_tokens),
            SAMPLER_TRAINER_KL: kl_sum / max(1, step.trained_tokens),
        }
        return StepMetrics(
            step=outcome.step,
            total_steps=total_steps,
            train_loss=outcome.loss,
            more=more,
            details=details_of(self._answers),
        )

    def validated(self, metrics: StepMetrics, *, is_few: bool, is_all: bool) -> StepMetrics:
        """Add how all held-out prompts are answered; a few of them would be mostly noise."""
        del is_few
        if not is_all:
            return metrics
        assert self._answers is not None, "a step is measured before it is validated"
        began = self._clock()
        valid = self._rollouts.of_validation()
        self._observer.on_validation(metrics.step, valid)
        answers = self._answers.with_validation(valid, self._clock() - began)
        more = {
            **metrics.more,
            "full_valid_mean_reward": mean_reward(valid),
            "full_valid_mean_parse_error": mean_of([float(each.is_unreadable) for each in valid]),
            "valid_completion_tokens_mean": _mean_tokens(valid),
            "valid_reasoning_tokens_mean": _mean_thought(valid),
        }
        shadow = [e.shadow.score for e in valid if e.shadow is not None and not e.shadow.is_errored]
        if shadow:
            more["full_valid_shadow_mean_reward"] = mean_of(shadow)
        return replace(metrics, more=more, details=details_of(answers))

    def watch(self, outcome: StepOutcome, start_loss: float) -> None:
        """Raise JobFailedError when the model that draws is not the one that learns any more."""
        del start_loss
        step = self._step
        assert step is not None, "a step was drawn before it was learned"
        kl_sum = outcome.measures.get(SAMPLER_TRAINER_KL, 0.0) * step.denominator
        if kl_sum > _MAX_KL * max(1, step.trained_tokens):
            raise JobFailedError(
                worded(
                    "job.diverged.sampler",
                    "Training diverged: at step {step} the model finds its own answers "
                    "unlikely. Use a smaller learning_rate_multiplier.",
                    step=outcome.step,
                ),
                code="training_diverged",
                param="hyperparameters.learning_rate_multiplier",
            )

    def _refuse_too_many_errors(self, number: int, rollout: Rollout) -> None:
        failed = [each for each in rollout.first if each.reward is None]
        if len(failed) <= _MAX_ERROR_SHARE * len(rollout.first):
            return
        problems = dict.fromkeys(each.grade.problem or "not a number" for each in failed)
        said = "; ".join(list(problems)[:_MAX_EXAMPLES_OF_ERRORS])
        raise JobFailedError(
            worded(
                "job.grader_errors",
                "The grader failed for {failed} of the {answers} answers of step "
                "{step}. It said: {said}",
                failed=len(failed),
                answers=len(rollout.first),
                step=number,
                said=said,
            ),
            code="grader_errors",
            param="method.reinforcement.grader",
        )


def _mean_tokens(answers: Sequence[GradedAnswer]) -> float:
    return mean_of([float(each.drawn.completion_tokens) for each in answers])


def _mean_thought(answers: Sequence[GradedAnswer]) -> float:
    return mean_of([float(each.drawn.reasoning_tokens) for each in answers])
