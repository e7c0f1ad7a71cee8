"""The states that a running job saves: recorded, served while they are kept, and dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.orm import Session

from understudy.ids import base62, new_id
from understudy.jobs.claims import Claim, ResumePoint
from understudy.jobs.ending import note_progress
from understudy.jobs.serving import serve_checkpoint, stop_serving
from understudy.registry.names import IDENTIFIER_LENGTH, checkpoint_name
from understudy.storage.database import Database
from understudy.storage.jobs.checkpoints import checkpoints_of_job
from understudy.storage.models import ModelKind
from understudy.storage.tables.jobs import CheckpointRow, JobRow
from understudy.training.metrics import StepMetrics
from understudy.work.lease import held

# Dropping the others while the job runs bounds the disk that a job of many epochs needs.
_CHECKPOINTS_KEPT = 3
REWARD = "full_valid_mean_reward"
"""The metric of a checkpoint that says how well its model answers held-out prompts."""


@dataclass(frozen=True, kw_only=True)
class NewCheckpoint:
    """A checkpoint that is complete on disk: its manifest is written and it has its name."""

    metrics: StepMetrics
    directory: Path
    """A PEFT adapter directory."""
    manifest_sha256: str
    renderer_hash: str


class RecordedCheckpoint(NamedTuple):
    """A checkpoint that is recorded."""

    model_name: str
    removed_directories: tuple[Path, ...]
    """Directories of what was dropped for it: the oldest checkpoint, the snapshot of a pause."""


def add_checkpoint(db: Database, claim: Claim, checkpoint: NewCheckpoint) -> RecordedCheckpoint:
    """Record a finished checkpoint and make it servable; of the others all but three are dropped.

    The last three stay, or the three with the best validation reward beside the newest.

    A checkpoint of the same step that is recorded already stays as it is.
    """
    with db.write() as session:
        job = held(session, claim.hold)
        existing = session.get(CheckpointRow, (job.id, checkpoint.metrics.step))
        if existing is not None:
            return RecordedCheckpoint(existing.model_name, ())
        now = int(db.now(session))
        row = _checkpoint_row(job, claim, checkpoint, now)
        session.add(row)
        serve_checkpoint(session, job, row, ModelKind.CHECKPOINT, now=now)
        note_progress(job)
        removed = (*_drop_old_checkpoints(session, job), *_drop_snapshot(job))
        return RecordedCheckpoint(row.model_name, removed)


def add_snapshot(db: Database, claim: Claim, snapshot: ResumePoint) -> tuple[Path, ...]:
    """Record what a pause saved; returns the directories that no row names any more.

    A snapshot is where the job continues, not a model: it is neither listed nor served.
    """
    with db.write() as session:
        job = held(session, claim.hold)
        removed = _drop_snapshot(job)
        job.resume_step = snapshot.step
        job.resume_directory = str(snapshot.directory)
        return tuple(directory for directory in removed if directory != snapshot.directory)


def _checkpoint_row(
    job: JobRow, claim: Claim, checkpoint: NewCheckpoint, now: int
) -> CheckpointRow:
    step = checkpoint.metrics.step
    identifier = base62(IDENTIFIER_LENGTH)
    return CheckpointRow(
        job_id=job.id,
        step=step,
        id=new_id("ftckpt_"),
        model_name=checkpoint_name(job.base_name, job.organization, job.suffix, identifier, step),
        directory=str(checkpoint.directory),
        manifest_sha256=checkpoint.manifest_sha256,
        renderer_hash=checkpoint.renderer_hash,
        metrics=dict(checkpoint.metrics.measured()),
        epoch=claim.hold.epoch,
        created_at=now,
    )


def _drop_old_checkpoints(session: Session, job: JobRow) -> tuple[Path, ...]:
    checkpoints = checkpoints_of_job(session, job.id)
    # The newest is where the job continues, however good it is.
    kept = {checkpoints[-1].step, *(each.step for each in best_of(checkpoints))}
    return drop_checkpoints(session, job, [each for each in checkpoints if each.step not in kept])


def drop_checkpoints(
    session: Session, job: JobRow, old: Sequence[CheckpointRow]
) -> tuple[Path, ...]:
    """Forget checkpoints; returns their directories."""
    stop_serving(session, job, old)
    for checkpoint in old:
        session.delete(checkpoint)
    return tuple(Path(checkpoint.directory) for checkpoint in old)


def best_of(checkpoints: Sequence[CheckpointRow]) -> Sequence[CheckpointRow]:
    """Return the checkpoints of a job that are to stay, the one that becomes its model last.

    These are its last three. Where answers are rewarded they are the three with the best
    validation reward, the later of equals: the last step is not the best one there.
    """
    # A pause leaves a checkpoint that was never validated.
    ranked = sorted(checkpoints, key=lambda each: (each.metrics.get(REWARD, -inf), each.step))
    is_rewarded = any(REWARD in each.metrics for each in checkpoints)
    return (ranked if is_rewarded else checkpoints)[-_CHECKPOINTS_KEPT:]


def _drop_snapshot(job: JobRow) -> tuple[Path, ...]:
    directory = job.resume_directory
    job.resume_step = job.resume_directory = None
    return () if directory is None else (Path(directory),)
