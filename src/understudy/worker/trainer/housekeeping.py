"""Removes what no model and no unfinished job needs on the disk any more."""

import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from understudy.storage.database import Database
from understudy.storage.garbage import directories_in_use, unfinished_jobs
from understudy.storage.jobs.checkpoints import checkpoints_of_job
from understudy.training.resume import drop_state, has_state

TEACHER = "teacher"
"""What the names of directories begin with that hold what a job's teacher said."""
_GRACE_SECONDS = 600.0


def tidy(
    database: Database, models_directory: Path, *, grace_seconds: float = _GRACE_SECONDS
) -> int:
    """Delete unused model directories, and the states of ended jobs; count the former.

    One that is younger than `grace_seconds` stays: its row may be on the way.
    """
    with database.read() as session:
        # Only job and step are compared: a home that was moved must not lose its models.
        in_use = {Path(name).parts[-2:] for name in directories_in_use(session)}
        unfinished = set(unfinished_jobs(session))
    for directory in models_directory.glob("*/*step-*"):
        # What a job needs to continue is of no use once it has ended, however that was.
        if directory.parent.name not in unfinished and has_state(directory):
            drop_state(directory)
    for directory in models_directory.glob(f"*/{TEACHER}-*"):
        if directory.parent.name not in unfinished:
            shutil.rmtree(directory, ignore_errors=True)
    before = time.time() - grace_seconds
    kept = (*models_directory.glob("*/*step-*"), *models_directory.glob("*/*resume-*"))
    found = [path for path in kept if path.parts[-2:] not in in_use]
    old = [path for path in found if path.stat().st_mtime < before]
    remove(old)
    return len(old)


def drop_states(database: Database, job_id: str, *, keep: int) -> None:
    """Delete the states in a job's checkpoints, all but the newest `keep`; the models stay."""
    with database.read() as session:
        checkpoints = checkpoints_of_job(session, job_id)
    for checkpoint in checkpoints[: len(checkpoints) - keep]:
        drop_state(Path(checkpoint.directory))


def remove(directories: Iterable[Path]) -> None:
    """Delete directories that no row names any more; what is left over, `tidy` deletes later."""
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)
