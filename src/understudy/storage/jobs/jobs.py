"""Reading and locking the rows of jobs and of the attempts at them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from understudy.schemas.lists import Cursor
from understudy.storage.metadata import carrying
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.jobs import AttemptRow, JobMetadataRow, JobRow


def find_job(session: Session, project_id: str, job_id: str) -> JobRow | None:
    """Return a project's job, or None when it has none of that id."""
    return session.scalar(_of_project(project_id, job_id))


def get_job(session: Session, job_id: str) -> JobRow:
    """Return a job that is known to exist, whoever's it is."""
    return session.scalars(select(JobRow).where(JobRow.id == job_id)).one()


def lock_job_of_project(session: Session, project_id: str, job_id: str) -> JobRow | None:
    """Return a project's job, held by this transaction until it ends, or None."""
    return session.scalar(_of_project(project_id, job_id).with_for_update())


def lock_job(session: Session, job_id: str) -> JobRow:
    """Return a job that is known to exist, held by this transaction until it ends."""
    return session.scalars(select(JobRow).where(JobRow.id == job_id).with_for_update()).one()


def unheld_jobs(session: Session, status: str, *, created_before: int) -> list[JobRow]:
    """Return the jobs of every project in a status that no worker holds, oldest first."""
    query = select(JobRow).where(
        JobRow.status == status, JobRow.worker_id.is_(None), JobRow.created_at <= created_before
    )
    return list(session.scalars(query.order_by(JobRow.seq)))


def count_before(session: Session, job: JobRow, statuses: frozenset[str]) -> int:
    """Return how many jobs of every project in these statuses are older than a job."""
    query = select(func.count()).where(JobRow.status.in_(statuses), JobRow.seq < job.seq)
    return session.scalar(query) or 0


def get_attempt(session: Session, job_id: str, epoch: int) -> AttemptRow | None:
    """Return the attempt that was made at a job under an epoch."""
    return session.get(AttemptRow, (job_id, epoch))


def list_jobs(
    session: Session,
    project_id: str,
    *,
    metadata: Mapping[str, str],
    is_without_metadata: bool,
    after: str | None,
    limit: int,
) -> Page[JobRow]:
    """Return one page of a project's jobs, newest first, that carry all pairs of `metadata`."""
    query = select(JobRow).where(JobRow.project_id == project_id)
    is_of_job = JobMetadataRow.job_id == JobRow.id
    query = carrying(query, metadata, JobMetadataRow, is_of_job)
    if is_without_metadata:
        query = query.where(~exists().where(is_of_job))
    cursor = Cursor(after=after, limit=limit)
    return read_page(session, query, JobRow.seq, cursor)


def search_jobs(
    session: Session, project_id: str, text: str, status: str | None, cursor: Cursor
) -> Page[JobRow]:
    """Return one page of a project's jobs that hold a text, newest first.

    Looked at are ids, models, suffixes and metadata, without regard to letter case.
    """
    query = select(JobRow).where(JobRow.project_id == project_id)
    if status is not None:
        query = query.where(JobRow.status == status)
    if text:
        pair = exists().where(
            JobMetadataRow.job_id == JobRow.id,
            or_(*(_holds(column, text) for column in (JobMetadataRow.key, JobMetadataRow.value))),
        )
        own = (JobRow.id, JobRow.model, JobRow.fine_tuned_model, JobRow.suffix)
        query = query.where(or_(pair, *(_holds(column, text) for column in own)))
    return read_page(session, query, JobRow.seq, cursor)


def _holds(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    return column.icontains(text, autoescape=True)


def count_by_status(session: Session, project_id: str) -> dict[str, int]:
    """Return how many jobs a project has in each status."""
    query = select(JobRow.status, func.count()).where(JobRow.project_id == project_id)
    return dict(session.execute(query.group_by(JobRow.status)).all())


def unended_jobs(
    session: Session, project_id: str, ended: frozenset[str], *, limit: int
) -> list[JobRow]:
    """Return a project's jobs whose status is none of `ended`, newest first."""
    query = select(JobRow).where(JobRow.project_id == project_id, JobRow.status.not_in(ended))
    return list(session.scalars(query.order_by(JobRow.seq.desc()).limit(limit)))


def unended_jobs_of_base(session: Session, base: str, ended: frozenset[str]) -> list[JobRow]:
    """Return the jobs that train a base or learn from it, of every project, not `ended` yet."""
    needs = or_(JobRow.base == base, JobRow.teaching["base"].as_string() == base)
    query = select(JobRow).where(needs, JobRow.status.not_in(ended))
    return list(session.scalars(query.order_by(JobRow.seq)))


def _of_project(project_id: str, job_id: str) -> Select[JobRow]:
    return select(JobRow).where(JobRow.project_id == project_id, JobRow.id == job_id)
