"""The states of a job, which moves between them exist, and how an attempt can end."""

from enum import StrEnum


class JobStatus(StrEnum):
    """Where a job is, as the API shows it."""

    VALIDATING_FILES = "validating_files"
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Desired(StrEnum):
    """What a job's owner wants of the process that works on it."""

    RUN = "run"
    PAUSE = "pause"
    CANCEL = "cancel"


CLAIMABLE = frozenset({JobStatus.VALIDATING_FILES, JobStatus.QUEUED, JobStatus.RUNNING})
"""States in which a job needs a worker: one whose worker died keeps the state it had."""

FINISHED = frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED})
"""States that no job leaves."""

_STOPS = {JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.PAUSED}
_MOVES = {
    JobStatus.VALIDATING_FILES: {JobStatus.QUEUED, *_STOPS},
    JobStatus.QUEUED: {JobStatus.RUNNING, *_STOPS},
    JobStatus.RUNNING: {JobStatus.SUCCEEDED, *_STOPS},
    JobStatus.PAUSED: {JobStatus.QUEUED, JobStatus.CANCELLED},
}


def can_move(before: JobStatus, after: JobStatus) -> bool:
    """Say whether a job in `before` may go to `after`."""
    return after in _MOVES.get(before, set())
