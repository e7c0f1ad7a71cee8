"""Where a run's steps are shown besides its job; none of these can delay the run or end it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from understudy.jobs.claims import Claim
from understudy.planning.supervised import SupervisedPlan
from understudy.registry.tuning import tuning_in_words
from understudy.training.metrics import StepMetrics
from understudy.wording import Sentence, worded

_log = logging.getLogger(__name__)

_MAX_REASON_CHARACTERS = 300


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What a run is, for those who show it."""

    recorded_step: int
    """The newest step that earlier attempts recorded; 0 at the first."""
    settings: Mapping[str, str | int | float | None]
    """What was requested and the numbers it became."""


def run_facts(claim: Claim, plan: SupervisedPlan, *, recorded_step: int) -> RunFacts:
    """Describe a run of which earlier attempts recorded the steps up to `recorded_step`."""
    values = plan.hyperparameters
    settings = {
        "model": claim.model,
        "base": claim.base,
        "training_file": claim.training_file,
        "validation_file": claim.validation_file,
        "suffix": claim.suffix,
        "seed": plan.seed,
        "n_epochs": values.n_epochs,
        "batch_size": values.batch_size,
        "learning_rate_multiplier": values.learning_rate_multiplier,
        "learning_rate": plan.learning_rate,
        "total_steps": values.total_steps,
        "trained": tuning_in_words(plan.tuning),
    }
    return RunFacts(recorded_step=recorded_step, settings=settings)


class RunListener(Protocol):
    """Shows a run elsewhere. An error that it raises becomes a warning of the job, once."""

    def on_start(self, facts: RunFacts) -> None:
        """Take what the run is, before its first step."""
        ...

    def on_steps(self, steps: Sequence[StepMetrics]) -> None:
        """Take steps that are recorded now; after a restart some of them come again."""
        ...

    def settle(self) -> None:
        """Wait a few seconds at most for what is unfinished; raise what the owner should know."""
        ...

    def end(self, *, is_success: bool) -> None:
        """Close: this attempt is over; do not wait for anything."""
        ...


class Listeners:
    """Several listeners; one that fails is left alone from then on."""

    def __init__(self, named: Mapping[str, RunListener]) -> None:
        self._all = tuple(named.items())
        self._failed: set[str] = set()

    def on_start(self, facts: RunFacts) -> list[Sentence]:
        """Start all; returns what the job's owner should be warned of."""
        return self._complaints(lambda listener: listener.on_start(facts))

    def on_steps(self, steps: Sequence[StepMetrics]) -> list[Sentence]:
        """Pass steps to all; returns what the job's owner should be warned of."""
        return self._complaints(lambda listener: listener.on_steps(steps))

    def settle(self) -> list[Sentence]:
        """Let all finish; returns what the job's owner should be warned of."""
        return self._complaints(lambda listener: listener.settle())

    def end(self, *, is_success: bool) -> None:
        """Close all: the attempt is over, and nobody is left who could be warned."""
        self._failed.clear()
        for complaint in self._complaints(lambda listener: listener.end(is_success=is_success)):
            _log.warning(complaint)

    def _complaints(self, call: Callable[[RunListener], None]) -> list[Sentence]:
        complaints: list[Sentence] = []
        for name, listener in self._all:
            if name in self._failed:
                continue
            try:
                call(listener)
            # Whatever goes wrong in showing a run, and libraries may raise anything, the run
            # itself continues.
            except Exception as error:  # noqa: BLE001
                _log.warning("%s failed", name, exc_info=True)
                self._failed.add(name)
                complaints.append(
                    worded(
                        "job.listener",
                        "{name} receives no more steps of this job: {why}",
                        name=name,
                        why=_reason(error),
                    )
                )
        return complaints


def _reason(error: Exception) -> str:
    # The system's own errors name files of this machine, which is nobody's business.
    said = error.strerror if isinstance(error, OSError) else str(error)
    text = " ".join((said or type(error).__name__).split())
    return text[:_MAX_REASON_CHARACTERS]
