"""Why a running job should end early, set by one thread and seen by the training loop."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum

from understudy.pulse import Progress
from understudy.training.reporting import PauseTraining, StopTraining


class StopReason(StrEnum):
    """Why the work on a job ends early."""

    CANCELLED = "cancelled"
    LEASE_LOST = "lease_lost"
    WORKER_STOPS = "worker_stops"
    PAUSED = "paused"


class StopFlag:
    """Asks one attempt to end; the first reason given stays."""

    def __init__(self, worker_stops: threading.Event, progress: Progress | None = None) -> None:
        """`progress` is marked at every check: work does so at least once a micro-step."""
        self._progress = progress or Progress()
        self._worker_stops = worker_stops
        self._lock = threading.Lock()
        self._reason: StopReason | None = None

    @property
    def reason(self) -> StopReason | None:
        """Why the attempt should end, or None while it should continue."""
        if self._reason is None and self._worker_stops.is_set():
            self.end(StopReason.WORKER_STOPS)
        return self._reason

    @contextmanager
    def awaiting_others(self) -> Generator[None]:
        """Let the block wait for another process as long as that takes, without being a hang."""
        with self._progress.awaiting():
            yield

    def end(self, reason: StopReason) -> None:
        """Ask the attempt to end."""
        with self._lock:
            self._reason = self._reason or reason

    def check(self) -> None:
        """Raise StopTraining when the attempt should end, PauseTraining when it saves first."""
        self._progress.mark()
        if self.reason is StopReason.PAUSED:
            raise PauseTraining(self.reason)
        if self.reason is not None:
            raise StopTraining(self.reason)
