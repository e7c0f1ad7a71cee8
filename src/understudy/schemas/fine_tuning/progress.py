"""What is new about a job, as our own route below /v1/x/ shows it to those who follow it."""

from collections.abc import Mapping, Sequence
from typing import Literal

from understudy.schemas.base import WireObject
from understudy.schemas.fine_tuning.jobs import FineTuningCheckpoint, FineTuningEvent, FineTuningJob


class JobSteps(WireObject):
    """Steps of a run, one column for each number that was measured."""

    step: Sequence[int]
    recorded_at: Sequence[int]
    """The second in which each step was recorded, by the server's clock."""
    total_steps: int | None
    """Steps of the whole run; None before the first."""
    series: Mapping[str, Sequence[float | None]]
    """Name of a metric → its value at each step, None where it was not measured."""


class JobProgress(WireObject):
    """A job as it is now, and its events behind a cursor."""

    object: Literal["x.fine_tuning.job.progress"] = "x.fine_tuning.job.progress"
    job: FineTuningJob
    queue_place: int | None
    """Of a job that waits: 1 if no older one waits or runs; None for any other job."""
    cursor: int
    """What to send as `after` to get only what is newer."""
    has_more: bool
    """Whether newer events are there already: ask again at once."""
    steps: JobSteps
    events: Sequence[FineTuningEvent]
    """The events that are no metrics, oldest first."""
    checkpoints: Sequence[FineTuningCheckpoint]
    """All checkpoints that are kept, in the order of their steps."""
