"""The rows of a job's checkpoints."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from understudy.schemas.lists import Cursor
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.jobs import CheckpointRow


def checkpoints_of_job(session: Session, job_id: str) -> list[CheckpointRow]:
    """Return all checkpoints of a job in the order of their steps."""
    query = select(CheckpointRow).where(CheckpointRow.job_id == job_id)
    return list(session.scalars(query.order_by(CheckpointRow.step)))


def list_checkpoints(
    session: Session, job_id: str, *, after: str | None, limit: int
) -> Page[CheckpointRow]:
    """Return one page of a job's checkpoints, newest first."""
    query = select(CheckpointRow).where(CheckpointRow.job_id == job_id)
    cursor = Cursor(after=after, limit=limit)
    return read_page(session, query, CheckpointRow.step, cursor)
