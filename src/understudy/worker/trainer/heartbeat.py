"""A thread that keeps a claim alive and brings its owner's wishes to the training loop."""

import faulthandler
import logging
import os
import threading
import time
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError

from understudy.errors import StorageFullError, UnderstudyError
from understudy.jobs import progress
from understudy.jobs.claims import Claim, LeaseLostError
from understudy.jobs.lease import heartbeat, release
from understudy.jobs.lifecycle import Desired, ExitReason
from understudy.storage.database import Database
from understudy.worker.trainer.stop_flag import StopFlag, StopReason

_log = logging.getLogger(__name__)

_BEAT_SECONDS = 1.0
# Longer than any step or the loading of any model that fits this machine takes.
_HANG_SECONDS = 1800.0
_HANG_EXIT_CODE = 70
_LAST_WORDS_SECONDS = 10.0


class Heartbeat:
    """Beats once a second for as long as the `with` block lasts."""

    def __init__(self, database: Database, claim: Claim, stop: StopFlag) -> None:
        self._database = database
        self._claim = claim
        self._stop = stop
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        renewed_at = time.monotonic()
        while not self._is_over.wait(_BEAT_SECONDS):
            if self._stop.silent_seconds > _HANG_SECONDS:
                self._end_hanging_process()
                return
            try:
                desired = heartbeat(self._database, self._claim)
            except LeaseLostError:
                self._stop.end(StopReason.LEASE_LOST)
                return
            except (SQLAlchemyError, StorageFullError):
                _log.exception("the lease of %s was not renewed", self._claim.job_id)
                if time.monotonic() - renewed_at > self._claim.lease_seconds:
                    self._stop.end(StopReason.LEASE_LOST)
                    return
                continue
            renewed_at = time.monotonic()
            if desired is Desired.CANCEL:
                self._stop.end(StopReason.CANCELLED)
                return
            if desired is Desired.PAUSE:
                # The lease is kept while the snapshot is written.
                self._stop.end(StopReason.PAUSED)

    def _end_hanging_process(self) -> None:
        """Leave the stacks in the log, tell the owner, and end: a new process takes the job up."""
        _log.error("no sign of life for %.0f seconds; the stacks of all threads:", _HANG_SECONDS)
        faulthandler.dump_traceback()
        # What hangs may be the database itself.
        telling = threading.Thread(target=self._give_back, name="last-words", daemon=True)
        telling.start()
        telling.join(_LAST_WORDS_SECONDS)
        os._exit(_HANG_EXIT_CODE)

    def _give_back(self) -> None:
        try:
            progress.warn(
                self._database,
                self._claim,
                f"The trainer made no step for {_HANG_SECONDS / 60:.0f} minutes and was restarted; "
                "the job goes on from its last checkpoint.",
            )
            release(self._database, self._claim, ExitReason.HUNG)
        except (SQLAlchemyError, UnderstudyError):
            _log.exception("%s was not given back", self._claim.job_id)
