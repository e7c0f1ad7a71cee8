"""The heartbeat of a job: it passes on what its owner wants, and ends what hangs."""

import faulthandler
import logging
import os
import threading

from sqlalchemy.exc import SQLAlchemyError

from understudy.errors import UnderstudyError
from understudy.jobs import progress
from understudy.jobs.claims import Claim
from understudy.jobs.lease import heartbeat
from understudy.jobs.lifecycle import Desired
from understudy.storage.database import Database
from understudy.wording import worded
from understudy.work.heartbeat import Heartbeat
from understudy.work.lease import LeaseLostError, release
from understudy.work.policy import ExitReason
from understudy.worker.trainer.stop_flag import StopFlag, StopReason

_log = logging.getLogger(__name__)

# Longer than any step or the loading of any model that fits this machine takes.
_HANG_SECONDS = 1800.0
_HANG_EXIT_CODE = 70
_LAST_WORDS_SECONDS = 10.0


def job_heartbeat(database: Database, claim: Claim, stop: StopFlag) -> Heartbeat:
    """Return the heartbeat of an attempt at a job; it sets `stop` when the attempt shall end."""

    def renew() -> None:
        if stop.silent_seconds > _HANG_SECONDS:
            _end_hanging_process(database, claim)
        desired = heartbeat(database, claim.hold)
        if desired is Desired.CANCEL:
            stop.end(StopReason.CANCELLED)
            raise LeaseLostError(f"{claim.job_id} was cancelled.")
        if desired is Desired.PAUSE:
            # The lease is kept while the snapshot is written.
            stop.end(StopReason.PAUSED)

    return Heartbeat(claim.hold, renew, lambda: stop.end(StopReason.LEASE_LOST))


def _end_hanging_process(database: Database, claim: Claim) -> None:
    """Leave the stacks in the log, warn the owner, and end: a new process takes the job up."""
    _log.error("no sign of life for %.0f seconds; the stacks of all threads:", _HANG_SECONDS)
    faulthandler.dump_traceback()
    # What hangs may be the database itself.
    giving_back = threading.Thread(
        target=_give_back, args=(database, claim), name="last-words", daemon=True
    )
    giving_back.start()
    giving_back.join(_LAST_WORDS_SECONDS)
    os._exit(_HANG_EXIT_CODE)


def _give_back(database: Database, claim: Claim) -> None:
    try:
        progress.warn(
            database,
            claim,
            worded(
                "job.hung",
                "The trainer made no step for {minutes:.0f} minutes and was "
                "restarted; the job continues from its last checkpoint.",
                minutes=_HANG_SECONDS / 60,
            ),
        )
        release(database, claim.hold, ExitReason.HUNG)
    except (SQLAlchemyError, UnderstudyError):
        _log.exception("%s was not given back", claim.job_id)
