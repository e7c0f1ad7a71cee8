"""The plan of a run that learns from graded answers: how many are drawn, and how often it asks."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from understudy.errors import InvalidRequestError
from understudy.planning.hyperparameters import (
    JobHyperparameters,
    ReasoningEffort,
    ResolvedHyperparameters,
)
from understudy.planning.learning_rate import auto_learning_rate
from understudy.planning.supervised import DEFAULT_TUNING, SupervisedPlan, check_batch_size
from understudy.registry.tuning import Tuning
from understudy.wording import worded

USUAL_GROUP = 8
"""Answers to each prompt of a step where compute_multiplier is 1."""
MIN_GROUP = 4
MAX_GROUP = 64
AUTO_STEPS = 100
"""Steps of "auto" at least, where 50 epochs allow it."""
AUTO_VALIDATIONS = 10
_RATE = 0.3
"""Of the learning rate of examples: rewards say less than answers do. Three times as much ruined a
model that this one made better (docs/benchmarks.md)."""
_AUTO_BATCHES = 50
"""Steps of an epoch, where the file is neither small nor large: two epochs make enough."""
MIN_AUTO_BATCH = 8
MAX_AUTO_BATCH = 64
_MAX_EPOCHS = 50
_COMPLETION_TOKENS: Mapping[ReasoningEffort, int] = {
    "default": 256,
    "low": 256,
    "medium": 512,
    "high": 1024,
}


@dataclass(frozen=True, kw_only=True)
class ReinforcementSettings:
    """What a job says of its rewards beside its hyperparameters; checked when it was created."""

    grader: Mapping[str, Any]
    """As it stands on the wire, with every name given."""
    response_format: Mapping[str, Any] | None = None
    """What answers are held to, as on the wire; None leaves them free."""
    shadow_grader: Mapping[str, Any] | None = None
    """Grades held-out answers and trains nothing, so that a reward that is gamed shows."""
    needs_preflight: bool = True
    """Whether the job ends where the model's first answers show that nothing can be learned."""


def settings_to_json(settings: ReinforcementSettings) -> dict[str, Any]:
    """Return settings as a row keeps them."""
    return {
        "grader": settings.grader,
        "response_format": settings.response_format,
        "shadow_grader": settings.shadow_grader,
        "preflight": settings.needs_preflight,
    }


def settings_from_json(stored: Mapping[str, Any]) -> ReinforcementSettings:
    """Read what `settings_to_json` wrote."""
    return ReinforcementSettings(
        grader=stored["grader"],
        response_format=stored["response_format"],
        shadow_grader=stored["shadow_grader"],
        needs_preflight=stored["preflight"],
    )


@dataclass(frozen=True, kw_only=True)
class ReinforcementPlan(SupervisedPlan):
    """Everything that such a run needs, decided; `batch_size` counts prompts."""

    group_size: int
    """Answers that are drawn to each prompt of a step."""
    compute_multiplier: float
    """What the group size was chosen by."""
    eval_interval: int
    """Steps from one validation to the next; there is one after the last step as well."""
    eval_samples: int
    """Answers to each held-out prompt at a validation."""
    reasoning_effort: ReasoningEffort
    max_completion_tokens: int
    """Tokens of an answer at most; the constant that the loss is divided by, too."""
    temperature: float = 1.0
    """Any other would draw from a distribution that is not the one trained."""
    settings: ReinforcementSettings

    @property
    def grader(self) -> Mapping[str, Any]:
        """The grader of the rewards, as on the wire."""
        return self.settings.grader

    @property
    def response_format(self) -> Mapping[str, Any] | None:
        """What answers are held to, as on the wire; None leaves them free."""
        return self.settings.response_format

    @property
    def steps_per_checkpoint(self) -> int:
        """Steps from one validation with its checkpoint to the next; the last step has both."""
        return self.eval_interval

    @property
    def pauses_as_model(self) -> bool:
        """A paused run is looked at before it continues."""
        return True

    def job_hyperparameters(self) -> JobHyperparameters:
        """Return the numbers that the job shows once it runs."""
        return replace(
            super().job_hyperparameters(),
            compute_multiplier=self.compute_multiplier,
            eval_interval=self.eval_interval,
            eval_samples=self.eval_samples,
            reasoning_effort=self.reasoning_effort,
            max_completion_tokens=self.max_completion_tokens,
        )


def plan_reinforcement(
    requested: JobHyperparameters,
    settings: ReinforcementSettings,
    *,
    example_count: int,
    hidden_size: int,
    family: str,
    room: int,
    seed: int,
    tuning: Tuning = DEFAULT_TUNING,
) -> ReinforcementPlan:
    """Decide the run for `example_count` prompts on a base of width `hidden_size`.

    `room` is how many tokens the model's context leaves for an answer to the longest prompt, at
    least one. Raises InvalidRequestError when a batch is larger than the file, or an answer may be
    longer than the room.
    """
    resolved = resolve_reinforcement(requested, example_count=example_count)
    check_batch_size(resolved)
    rate = auto_learning_rate(hidden_size, family, tuning.trained) * _RATE
    effort = requested.reasoning_effort or "default"
    multiplier = 1.0 if requested.compute_multiplier is None else requested.compute_multiplier
    return ReinforcementPlan(
        hyperparameters=resolved,
        learning_rate=rate * resolved.learning_rate_multiplier,
        tuning=tuning,
        seed=seed,
        group_size=group_size_of(multiplier),
        compute_multiplier=multiplier,
        eval_interval=requested.eval_interval or max(1, resolved.total_steps // AUTO_VALIDATIONS),
        eval_samples=requested.eval_samples or 1,
        reasoning_effort=effort,
        max_completion_tokens=_completion_tokens(requested, effort, room),
        settings=settings,
    )


def resolve_reinforcement(
    requested: JobHyperparameters, *, example_count: int
) -> ResolvedHyperparameters:
    """Replace "auto" in what decides the number of steps, for `example_count` prompts."""
    share = max(MIN_AUTO_BATCH, min(MAX_AUTO_BATCH, example_count // _AUTO_BATCHES))
    auto_batch = min(example_count, share)
    batch = requested.batch_size or auto_batch
    enough = math.ceil(AUTO_STEPS / math.ceil(example_count / batch))
    return ResolvedHyperparameters(
        requested=requested,
        example_count=example_count,
        n_epochs=requested.n_epochs or min(_MAX_EPOCHS, enough),
        batch_size=batch,
        learning_rate_multiplier=requested.learning_rate_multiplier or 1.0,
    )


def group_size_of(compute_multiplier: float) -> int:
    """Return how many answers are drawn to each prompt: eight where nothing else is said."""
    return max(MIN_GROUP, min(MAX_GROUP, round(USUAL_GROUP * compute_multiplier)))


def _completion_tokens(requested: JobHyperparameters, effort: ReasoningEffort, room: int) -> int:
    wanted = requested.max_completion_tokens
    if wanted is None:
        return min(_COMPLETION_TOKENS[effort], room)
    if wanted > room:
        raise InvalidRequestError(
            worded(
                "api.max_completion_tokens",
                "max_completion_tokens is {wanted}, but the longest prompt leaves "
                "{room} tokens of the model's context; use {room} or less, or "
                '"auto".',
                wanted=wanted,
                room=room,
            ),
            param="hyperparameters.max_completion_tokens",
        )
    return wanted
