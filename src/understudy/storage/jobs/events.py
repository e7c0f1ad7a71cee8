"""The events of a job: numbered without gaps, and no fact written twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from understudy.ids import new_id
from understudy.schemas.lists import Cursor
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.jobs import JobEventRow
from understudy.wording import Sentence


@dataclass(frozen=True, kw_only=True)
class NewEvent:
    """Something that happened to a job."""

    key: str
    """Names the fact: a second event of the same job and key is the same fact again."""
    message: Sentence
    level: str = "info"
    type: str = "message"
    data: Mapping[str, Any] | None


def append_event(session: Session, job_id: str, event: NewEvent, *, created_at: int) -> bool:
    """Append an event unless its fact is recorded; returns whether it is new.

    The caller's transaction holds the job's row, so that no other writer takes the same number.
    """
    of_job = JobEventRow.job_id == job_id
    if session.scalar(select(JobEventRow.seq).where(of_job, JobEventRow.key == event.key)):
        return False
    last = session.scalar(select(func.max(JobEventRow.seq)).where(of_job)) or 0
    session.add(
        JobEventRow(
            job_id=job_id,
            seq=last + 1,
            id=new_id("ftevent-"),
            key=event.key,
            created_at=created_at,
            level=event.level,
            type=event.type,
            message=event.message,
            data=None if event.data is None else dict(event.data),
            wording=event.message.to_json(),
        )
    )
    session.flush()
    return True


def list_events(
    session: Session, job_id: str, *, after: str | None, limit: int
) -> Page[JobEventRow]:
    """Return one page of a job's events, newest first."""
    query = select(JobEventRow).where(JobEventRow.job_id == job_id)
    cursor = Cursor(after=after, limit=limit)
    return read_page(session, query, JobEventRow.seq, cursor)


def metrics_events(session: Session, job_id: str) -> list[JobEventRow]:
    """Return the events that carry a step's metrics, oldest first."""
    query = select(JobEventRow).where(JobEventRow.job_id == job_id, JobEventRow.type == "metrics")
    return list(session.scalars(query.order_by(JobEventRow.seq)))


def events_after(session: Session, job_id: str, seq: int, *, limit: int) -> list[JobEventRow]:
    """Return the first events of a job after the one numbered `seq`, oldest first."""
    query = select(JobEventRow).where(JobEventRow.job_id == job_id, JobEventRow.seq > seq)
    return list(session.scalars(query.order_by(JobEventRow.seq).limit(limit)))


def last_metrics(session: Session, job_id: str) -> Mapping[str, Any] | None:
    """Return the metrics of a job's last reported step, or None before the first."""
    query = select(JobEventRow.data).where(
        JobEventRow.job_id == job_id, JobEventRow.type == "metrics"
    )
    return session.scalar(query.order_by(JobEventRow.seq.desc()).limit(1))
