"""Records that were taken along from an account elsewhere: put, found, listed, deleted."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.schemas.lists import Cursor
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.history import HistoryRow
from understudy.wording import worded


def put_record(session: Session, new: HistoryRow) -> HistoryRow:
    """Keep a record in the place of an older one of the same kind and id."""
    row = _find(session, new.project_id, new.kind, new.id)
    if row is None:
        session.add(new)
        session.flush()
        return new
    row.source, row.imported_at = new.source, new.imported_at
    row.object, row.parts, row.file_ids = new.object, new.parts, new.file_ids
    return row


def get_record(session: Session, project_id: str, kind: str, id: str) -> HistoryRow:
    """Return a project's record; raises NotFoundError, also for another project's id."""
    row = _find(session, project_id, kind, id)
    if row is None:
        raise NotFoundError(
            worded(
                "api.no_record_id",
                "No record of {kind} has the id '{id}'.",
                kind=kind,
                id=id[:200],
            ),
            param="id",
        )
    return row


def list_records(session: Session, project_id: str, kind: str, cursor: Cursor) -> Page[HistoryRow]:
    """Return one page of a project's records of one kind, in the order in which they came."""
    query = select(HistoryRow).where(HistoryRow.project_id == project_id, HistoryRow.kind == kind)
    return read_page(session, query, HistoryRow.seq, cursor)


def count_records(session: Session, project_id: str) -> tuple[dict[str, int], int | None]:
    """Return how many records a project has of each kind, and when the last one came."""
    query = (
        select(HistoryRow.kind, func.count(), func.max(HistoryRow.imported_at))
        .where(HistoryRow.project_id == project_id)
        .group_by(HistoryRow.kind)
    )
    rows = session.execute(query).all()
    return {row[0]: row[1] for row in rows}, max((row[2] for row in rows), default=None)


def records_of(session: Session, project_id: str, kind: str) -> Sequence[HistoryRow]:
    """Return all records of one kind, of which there are few, in the order in which they came."""
    query = select(HistoryRow).where(HistoryRow.project_id == project_id, HistoryRow.kind == kind)
    return session.scalars(query.order_by(HistoryRow.seq)).all()


def _find(session: Session, project_id: str, kind: str, id: str) -> HistoryRow | None:
    query = select(HistoryRow).where(
        HistoryRow.project_id == project_id, HistoryRow.kind == kind, HistoryRow.id == id
    )
    return session.scalar(query)
