"""What happened to a job since somebody last looked, read in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass

from understudy.jobs.service import found
from understudy.storage.database import Database
from understudy.storage.jobs.checkpoints import checkpoints_of_job
from understudy.storage.jobs.events import events_after
from understudy.storage.jobs.jobs import find_job
from understudy.storage.tables.jobs import CheckpointRow, JobEventRow, JobRow

_MAX_EVENTS = 5000


@dataclass(frozen=True, kw_only=True)
class JobNews:
    """A job as it is now, and its events after a cursor."""

    job: JobRow
    cursor: int
    """The number of the last event in here, or what was asked for when there is none."""
    has_more: bool
    metrics: tuple[Mapping[str, float], ...]
    """The numbers of each reported step."""
    messages: tuple[JobEventRow, ...]
    checkpoints: tuple[CheckpointRow, ...]


def read_news(
    db: Database, project_id: str, job_id: str, *, after: int, limit: int = _MAX_EVENTS
) -> JobNews:
    """Return a job and up to `limit` events after number `after`; raises NotFoundError."""
    with db.read() as session:
        job = found(find_job(session, project_id, job_id), job_id)
        events = events_after(session, job_id, after, limit=limit + 1)
        checkpoints = checkpoints_of_job(session, job_id)
        shown = events[:limit]
        return JobNews(
            job=job,
            cursor=shown[-1].seq if shown else after,
            has_more=len(events) > limit,
            metrics=tuple(_numbers(event) for event in shown if event.type == "metrics"),
            messages=tuple(event for event in shown if event.type != "metrics"),
            checkpoints=tuple(checkpoints),
        )


def _numbers(event: JobEventRow) -> Mapping[str, float]:
    """Return what can be drawn as a curve."""
    data = event.data or {}
    return {name: value for name, value in data.items() if isinstance(value, int | float)}
