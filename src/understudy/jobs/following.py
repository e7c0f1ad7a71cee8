"""What happened to a job since somebody last looked, read in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from understudy.jobs.queue.waiting import place_in_queue
from understudy.jobs.service import found
from understudy.storage.database import Database
from understudy.storage.jobs.checkpoints import checkpoints_of_job
from understudy.storage.jobs.events import events_after
from understudy.storage.jobs.jobs import find_job
from understudy.storage.tables.jobs import CheckpointRow, JobEventRow, JobRow
from understudy.training.metrics import RUN

_MAX_EVENTS = 5000
RECORDED_AT = "recorded_at"
"""Among the numbers of a step: the second in which it was recorded."""


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
    queue_place: int | None
    """1 if no older job waits or runs; None for one that does not wait."""


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
            queue_place=place_in_queue(session, job),
        )


def _numbers(event: JobEventRow) -> Mapping[str, float]:
    """Return what can be drawn as a curve."""
    data = event.data or {}
    drawn = {name: value for name, value in data.items() if isinstance(value, int | float)}
    of_run = {f"{RUN}.{name}": value for name, value in data.get(RUN, {}).items()}
    timing, errors = _timing(data.get("timing")), _errors(data.get("errors"))
    return {**drawn, **of_run, **timing, **errors, RECORDED_AT: event.created_at}


def _timing(timing: Mapping[str, Any] | None) -> Mapping[str, float]:
    """Return the seconds of a step over graded answers, and those of its grader."""
    if timing is None:
        return {}
    measured = {**timing["step"], **timing["graders"][0]}
    # Where there was no validation, it took no time, which is no measurement.
    return {
        f"timing.{name}": value
        for name, value in measured.items()
        if isinstance(value, int | float) and not (name == "eval" and value == 0)
    }


def _errors(errors: Mapping[str, Any] | None) -> Mapping[str, float]:
    """Return how many errors of any kind an answer has on average in the grading."""
    found: dict[str, float] = {}
    for name, value in ({} if errors is None else errors["graders"][0]).items():
        where = name.partition("_")[0]
        if name.endswith("_mean") and where in ("train", "valid"):
            found[f"errors.{where}"] = found.get(f"errors.{where}", 0.0) + value
    return found
