"""A trainer without a model: it works jobs off, and does not mind being killed at any moment."""

import time
from pathlib import Path

from tests.jobs.workshop import NUMBERS, RESULT, checkpoint, step
from understudy.jobs.checkpoints import add_checkpoint, add_snapshot
from understudy.jobs.claims import Claim, ResumePoint
from understudy.jobs.lease import JOBS, claim, heartbeat
from understudy.jobs.lifecycle import Desired
from understudy.jobs.progress import started, step_metrics, validated
from understudy.jobs.success import succeeded
from understudy.storage.database import Database
from understudy.work.lease import LeaseLostError, release, release_worker
from understudy.work.policy import ExitReason

EPOCHS = 4
STEPS_PER_EPOCH = 3
TOTAL = EPOCHS * STEPS_PER_EPOCH
LEASE_SECONDS = 2.5


def hasty_clock() -> float:
    """Run five times as fast as time does, so that leases and retries do not take long."""
    return time.time() * 5


def work_forever(database: str, models: Path, worker_id: str, step_seconds: float) -> None:
    db = Database(database, clock=hasty_clock)
    release_worker(db, JOBS, worker_id)
    while True:
        taken = claim(db, worker_id, LEASE_SECONDS)
        if taken is None:
            time.sleep(0.02)
            continue
        try:
            work_off(db, taken, models / taken.job_id, step_seconds)
        except LeaseLostError:
            continue


def work_off(db: Database, taken: Claim, models: Path, step_seconds: float) -> None:
    validated(db, taken)
    started(db, taken, NUMBERS, renderer_hash="renderer")
    done, weights = 0, 0
    if taken.resume_points:
        newest = taken.resume_points[0]
        done = newest.step
        weights = int((newest.directory / "weights").read_text())
    while done < TOTAL:
        desired = heartbeat(db, taken.hold)
        if desired is Desired.CANCEL:
            return
        if desired is Desired.PAUSE:
            snapshot = publish(models / f"{taken.hold.epoch}-resume-{done}", weights)
            add_snapshot(db, taken, ResumePoint(step=done, directory=snapshot))
            release(db, taken.hold, ExitReason.PAUSED)
            return
        time.sleep(step_seconds)
        done += 1
        weights = trained(weights, done)
        step_metrics(db, taken, [step(done, TOTAL)])
        if done % STEPS_PER_EPOCH == 0:
            directory = publish(models / f"{taken.hold.epoch}-{done}", weights)
            add_checkpoint(db, taken, checkpoint(done, TOTAL, directory))
    succeeded(db, taken, result=RESULT, trained_tokens=TOTAL)


def trained(weights: int, done: int) -> int:
    """Every step depends on all before it, in order, like training does."""
    return (weights * 31 + done) % 1_000_003


def publish(directory: Path, weights: int) -> Path:
    unfinished = directory.with_name(directory.name + ".part")
    unfinished.mkdir(parents=True, exist_ok=True)
    (unfinished / "weights").write_text(str(weights))
    unfinished.rename(directory)
    return directory
