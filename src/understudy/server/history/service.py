"""What a project can do with records of an account elsewhere: put, read, list and delete them."""

from understudy.schemas.history import HistoryKind, HistoryRecord, PutHistory
from understudy.schemas.lists import Cursor
from understudy.storage.database import Database
from understudy.storage.files.files import get_file
from understudy.storage.history import get_record, list_records, put_record
from understudy.storage.paging import Page
from understudy.storage.tables.history import HistoryRow


def put(
    db: Database, project_id: str, kind: HistoryKind, id: str, body: PutHistory
) -> HistoryRecord:
    """Keep a record; raises NotFoundError for a copy that is no file of the project."""
    with db.write() as session:
        for copy in body.file_ids.values():
            get_file(session, project_id, copy)
        row = HistoryRow(
            id=id,
            project_id=project_id,
            kind=kind,
            source=body.source,
            imported_at=int(db.now(session)),
            object=body.object,
            parts=body.parts,
            file_ids=body.file_ids,
        )
        return record_object(put_record(session, row))


def get(db: Database, project_id: str, kind: HistoryKind, id: str) -> HistoryRecord:
    """Return a record; raises NotFoundError."""
    with db.read() as session:
        return record_object(get_record(session, project_id, kind, id))


def list_(db: Database, project_id: str, kind: HistoryKind, cursor: Cursor) -> Page[HistoryRow]:
    """Return one page of records."""
    with db.read() as session:
        return list_records(session, project_id, kind, cursor)


def delete(db: Database, project_id: str, kind: HistoryKind, id: str) -> None:
    """Delete a record; the copies of its files stay. Raises NotFoundError."""
    with db.write() as session:
        session.delete(get_record(session, project_id, kind, id))


def record_object(row: HistoryRow) -> HistoryRecord:
    """Write a record."""
    return HistoryRecord(
        id=row.id,
        kind=HistoryKind(row.kind),
        source=row.source,
        imported_at=row.imported_at,
        object=row.object,
        parts=row.parts,
        file_ids=row.file_ids,
    )
