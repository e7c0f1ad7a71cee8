"""Records that were taken along from an account elsewhere: put, found, listed, deleted."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.schemas.lists import Cursor
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.history import HistoryRow


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
        raise NotFoundError(f"No record of {kind} has the id '{id[:200]}'.", param="id")
    return row


def list_records(session: Session, project_id: str, kind: str, cursor: Cursor) -> Page[HistoryRow]:
    """Return one page of a project's records of one kind, in the order in which they came."""
    query = select(HistoryRow).where(HistoryRow.project_id == project_id, HistoryRow.kind == kind)
    return read_page(session, query, HistoryRow.seq, cursor)


def _find(session: Session, project_id: str, kind: str, id: str) -> HistoryRow | None:
    query = select(HistoryRow).where(
        HistoryRow.project_id == project_id, HistoryRow.kind == kind, HistoryRow.id == id
    )
    return session.scalar(query)
