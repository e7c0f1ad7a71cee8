"""Who hears of a run's steps besides its rows; none of them can hold the run up or end it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from understudy.training.metrics import StepMetrics

_log = logging.getLogger(__name__)

_LONGEST_REASON = 300


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What a run is, for those who show it."""

    told_before: int
    """The newest step that is on record from earlier attempts; 0 at the first."""
    settings: Mapping[str, str | int | float | None]
    """What was asked for and what became of it."""


class RunListener(Protocol):
    """Shows a run elsewhere. An error that it raises is told to the job's owner, once."""

    def on_start(self, facts: RunFacts) -> None:
        """Learn what the run is, before its first step."""
        ...

    def on_steps(self, steps: Sequence[StepMetrics]) -> None:
        """Take steps that are on record now; after a restart some of them come again."""
        ...

    def settle(self) -> None:
        """Take a last moment, a few seconds at most, to find out what has to be complained of."""
        ...

    def end(self, *, is_success: bool) -> None:
        """Learn that this attempt is over; do not wait for anything."""
        ...


class Listeners:
    """Several listeners; one that fails is left alone from then on."""

    def __init__(self, named: Mapping[str, RunListener]) -> None:
        self._all = tuple(named.items())
        self._failed: set[str] = set()

    def on_start(self, facts: RunFacts) -> list[str]:
        """Tell all what the run is; returns what its owner should be warned of."""
        return self._complaints(lambda listener: listener.on_start(facts))

    def on_steps(self, steps: Sequence[StepMetrics]) -> list[str]:
        """Tell all of steps; returns what the job's owner should be warned of."""
        return self._complaints(lambda listener: listener.on_steps(steps))

    def settle(self) -> list[str]:
        """Let all come to rest; returns what the job's owner should be warned of."""
        return self._complaints(lambda listener: listener.settle())

    def end(self, *, is_success: bool) -> None:
        """Tell all that the attempt is over; nobody is left who could be warned."""
        self._failed.clear()
        for complaint in self._complaints(lambda listener: listener.end(is_success=is_success)):
            _log.warning(complaint)

    def _complaints(self, tell: "_Tell") -> list[str]:
        complaints: list[str] = []
        for name, listener in self._all:
            if name in self._failed:
                continue
            try:
                tell(listener)
            # Whatever goes wrong in showing a run, and libraries may raise anything, the run
            # itself goes on.
            except Exception as error:  # noqa: BLE001
                _log.warning("%s failed", name, exc_info=True)
                self._failed.add(name)
                complaints.append(f"{name} gets nothing more of this job: {_reason(error)}")
        return complaints


class _Tell(Protocol):
    def __call__(self, listener: RunListener, /) -> None: ...


def _reason(error: Exception) -> str:
    # The system's own errors name files of this machine, which is nobody's business.
    said = error.strerror if isinstance(error, OSError) else str(error)
    text = " ".join((said or type(error).__name__).split())
    return text[:_LONGEST_REASON]
