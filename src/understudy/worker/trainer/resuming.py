"""Where an attempt continues: the newest saved state of its job that is intact."""

import logging
from pathlib import Path

from understudy.jobs.claims import Claim, ResumePoint
from understudy.modeling.checkpoints import CorruptCheckpointError, verify_directory
from understudy.training.resume import has_state
from understudy.wording import worded
from understudy.worker.trainer.reporter import JobReporter

_log = logging.getLogger(__name__)


def resume_directory(claim: Claim, reporter: JobReporter) -> Path | None:
    """Return the directory of the newest intact state; without one the job begins again.

    The owner is warned of every state that is damaged.
    """
    damaged: list[int] = []
    intact = None
    # What this attempt saved comes first: the claim knows only what was there before it.
    ours = () if reporter.saved is None else (reporter.saved,)
    for point in filter(_is_resumable, (*ours, *claim.resume_points)):
        try:
            verify_directory(point.directory)
        except CorruptCheckpointError as error:
            _log.warning("%s cannot continue from step %d: %s", claim.job_id, point.step, error)
            damaged.append(point.step)
        else:
            intact = point
            break
    for step in damaged:
        what = (
            worded("job.damaged.begins", "begins again")
            if intact is None
            else worded("job.damaged.continues", "continues from step {step}", step=intact.step)
        )
        reporter.warn(
            worded(
                "job.damaged",
                "What was saved at step {step} is damaged on the server's disk, so the job {what}.",
                step=step,
                what=what,
            )
        )
    return None if intact is None else intact.directory


def _is_resumable(point: ResumePoint) -> bool:
    # A directory that is gone was dropped, or is damaged: then the owner is warned.
    return has_state(point.directory) or not point.directory.is_dir()
