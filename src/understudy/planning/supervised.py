"""The plan of a supervised run: every number that it needs, decided before it starts."""

from dataclasses import dataclass, field

from understudy.errors import InvalidRequestError
from understudy.planning.execution import Execution
from understudy.planning.hyperparameters import JobHyperparameters, ResolvedHyperparameters, resolve
from understudy.planning.learning_rate import auto_learning_rate
from understudy.registry.tuning import LoraTuning, Tuning
from understudy.wording import worded

DEFAULT_TUNING = LoraTuning()
# The warm-up is a twentieth of the run, and short.
_STEPS_PER_WARMUP_STEP = 20
_MAX_WARMUP_STEPS = 10


@dataclass(frozen=True, kw_only=True)
class SupervisedPlan:
    """Everything a supervised run needs, decided."""

    hyperparameters: ResolvedHyperparameters
    learning_rate: float
    """The peak of the schedule, the multiplier included."""
    tuning: Tuning
    seed: int
    execution: Execution = field(default_factory=Execution)

    def job_hyperparameters(self) -> JobHyperparameters:
        """Return the numbers that the job shows once it runs."""
        return self.hyperparameters.as_job_hyperparameters()

    @property
    def steps_per_checkpoint(self) -> int:
        """Steps from one validation with its checkpoint to the next; the last step has both."""
        return self.hyperparameters.steps_per_epoch

    @property
    def pauses_as_model(self) -> bool:
        """Whether a pause leaves a model that can be asked, and not only where to continue."""
        return False

    @property
    def warmup_steps(self) -> int:
        """Steps over which the learning rate rises to its peak."""
        share = self.hyperparameters.total_steps // _STEPS_PER_WARMUP_STEP
        return min(_MAX_WARMUP_STEPS, max(1, share))


def plan_supervised(
    requested: JobHyperparameters,
    *,
    example_count: int,
    hidden_size: int,
    seed: int,
    family: str = "llama",
    tuning: Tuning = DEFAULT_TUNING,
    is_of_pairs: bool = False,
) -> SupervisedPlan:
    """Decide the run for `example_count` examples on a base of width `hidden_size`.

    `family` is the base's architecture, as its configuration names it.

    Raises InvalidRequestError when a batch would be larger than the file.
    """
    resolved = resolve(
        requested,
        example_count=example_count,
        trained=tuning.trained,
        is_of_pairs=is_of_pairs,
    )
    check_batch_size(resolved)
    rate = auto_learning_rate(hidden_size, family, tuning.trained)
    return SupervisedPlan(
        hyperparameters=resolved,
        learning_rate=rate * resolved.learning_rate_multiplier,
        tuning=tuning,
        seed=seed,
    )


def check_batch_size(resolved: ResolvedHyperparameters) -> None:
    """Raise InvalidRequestError when a batch is larger than the file."""
    count = resolved.example_count
    if resolved.batch_size > count:
        raise InvalidRequestError(
            worded(
                "api.batch_size",
                "batch_size is {batch}, but the file has only {count} examples; "
                'use {count} or less, or "auto".',
                batch=resolved.batch_size,
                count=count,
            ),
            param="hyperparameters.batch_size",
        )
