"""Writes the steps of a run to its job, those that come fast in one transaction."""

import time
from collections.abc import Sequence

from understudy.jobs import progress
from understudy.jobs.claims import Claim
from understudy.storage.database import Database
from understudy.training.metrics import StepMetrics
from understudy.worker.trainer.pace import Pace

# Small models make many steps a second, and each transaction waits for the disk.
_FLUSH_SECONDS = 0.25


class StepWriter:
    """Holds steps back for a fraction of a second and writes them in order."""

    def __init__(self, database: Database, claim: Claim) -> None:
        self._database = database
        self._claim = claim
        self._unwritten: list[StepMetrics] = []
        self._written_at = 0.0
        self.pace: Pace | None = None
        """Estimates when the run ends; None before it starts."""

    @property
    def is_due(self) -> bool:
        """Whether the steps that are held back should be written now."""
        newest = self._unwritten[-1]
        is_last = newest.step == newest.total_steps
        return is_last or time.monotonic() - self._written_at >= _FLUSH_SECONDS

    def add(self, metrics: StepMetrics) -> None:
        """Take a step that is done."""
        self._unwritten.append(metrics)
        if self.pace is not None:
            self.pace.step_done(metrics.step)

    def write(self) -> Sequence[StepMetrics]:
        """Write the steps that are held back, and return them; raises LeaseLostError."""
        if self._unwritten:
            finish = None if self.pace is None else self.pace.estimated_finish()
            progress.step_metrics(
                self._database, self._claim, self._unwritten, estimated_finish=finish
            )
        written, self._unwritten = self._unwritten, []
        self._written_at = time.monotonic()
        return written
