"""The states of runs and of their items, in OpenAI's words."""

from enum import StrEnum


class RunStatus(StrEnum):
    """Where a run is; `canceled` is written with one l here, unlike that of jobs."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELED = "canceled"
    FAILED = "failed"


UNFINISHED = frozenset({RunStatus.QUEUED, RunStatus.IN_PROGRESS})


class ItemStatus(StrEnum):
    """What became of an item."""

    PASS = "pass"
    FAIL = "fail"
    ERRORED = "errored"
    """Sampling or grading broke: the item says nothing about the model."""
