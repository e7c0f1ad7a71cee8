"""What a job keeps on disk while it runs: its newest three checkpoints, its last snapshot."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from understudy.storage.jobs.checkpoints import checkpoints_of_job
from understudy.storage.models import models_of_job
from understudy.storage.tables.jobs import CheckpointRow, JobRow

_CHECKPOINTS_KEPT = 3


def drop_old_checkpoints(session: Session, job: JobRow) -> tuple[Path, ...]:
    """Forget all but the newest checkpoints; returns the directories that nothing names any more.

    Dropping them while the job runs bounds the disk that a job of many epochs needs.
    """
    old = checkpoints_of_job(session, job.id)[:-_CHECKPOINTS_KEPT]
    stop_serving(session, job, old)
    for checkpoint in old:
        session.delete(checkpoint)
    return tuple(Path(checkpoint.directory) for checkpoint in old)


def drop_snapshot(job: JobRow) -> tuple[Path, ...]:
    """Forget the snapshot of a job's last pause; returns its directory, if there was one."""
    directory = job.resume_directory
    job.resume_step = job.resume_directory = None
    return () if directory is None else (Path(directory),)


def stop_serving(session: Session, job: JobRow, checkpoints: Sequence[CheckpointRow]) -> None:
    """Take checkpoints out of the models that can be served, under whatever name they are there."""
    steps = {checkpoint.step for checkpoint in checkpoints}
    for model in models_of_job(session, job.id):
        if model.step in steps:
            session.delete(model)
    session.flush()
