"""Why a running job should end early, set by one thread and seen by the training loop."""

import threading
import time
from enum import StrEnum

from understudy.training.reporting import PauseTraining, StopTraining


class StopReason(StrEnum):
    """Why the work on a job ends early."""

    CANCELLED = "cancelled"
    LEASE_LOST = "lease_lost"
    WORKER_STOPS = "worker_stops"
    PAUSED = "paused"


class StopFlag:
    """Asks one attempt to end; the first reason given stays."""

    def __init__(self, worker_stops: threading.Event) -> None:
        self._worker_stops = worker_stops
        self._lock = threading.Lock()
        self._reason: StopReason | None = None
        self._seen_at = time.monotonic()

    @property
    def reason(self) -> StopReason | None:
        """Why the attempt should end, or None while it should continue."""
        if self._reason is None and self._worker_stops.is_set():
            self.end(StopReason.WORKER_STOPS)
        return self._reason

    @property
    def silent_seconds(self) -> float:
        """How long the work has not checked this flag: it does so at least once a micro-step."""
        return time.monotonic() - self._seen_at

    def end(self, reason: StopReason) -> None:
        """Ask the attempt to end."""
        with self._lock:
            self._reason = self._reason or reason

    def check(self) -> None:
        """Raise StopTraining when the attempt should end, PauseTraining when it saves first."""
        self._seen_at = time.monotonic()
        if self.reason is StopReason.PAUSED:
            raise PauseTraining(self.reason)
        if self.reason is not None:
            raise StopTraining(self.reason)
