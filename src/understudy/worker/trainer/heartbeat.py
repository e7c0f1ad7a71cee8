"""The heartbeat of a job: it passes on what its owner wants."""

from understudy.jobs.claims import Claim
from understudy.jobs.lease import heartbeat
from understudy.jobs.lifecycle import Desired
from understudy.storage.database import Database
from understudy.work.heartbeat import Heartbeat
from understudy.work.lease import LeaseLostError
from understudy.worker.trainer.stop_flag import StopFlag, StopReason


def job_heartbeat(database: Database, claim: Claim, stop: StopFlag) -> Heartbeat:
    """Return the heartbeat of an attempt at a job; it sets `stop` when the attempt shall end."""

    def renew() -> None:
        desired = heartbeat(database, claim.hold)
        if desired is Desired.CANCEL:
            stop.end(StopReason.CANCELLED)
            raise LeaseLostError(f"{claim.job_id} was cancelled.")
        if desired is Desired.PAUSE:
            # The lease is kept while the snapshot is written.
            stop.end(StopReason.PAUSED)

    return Heartbeat(claim.hold, renew, lambda: stop.end(StopReason.LEASE_LOST))
