"""Files as users see them: names, purposes and which blob holds the bytes."""

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.ids import new_id
from understudy.schemas.lists import Cursor
from understudy.storage.blobs import Blob
from understudy.storage.files.origins import FileOrigin
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.projects import FileRow
from understudy.wording import worded


@dataclass(frozen=True, kw_only=True)
class NewFile:
    """What a file's row says when it is made."""

    project_id: str
    purpose: str
    filename: str
    blob: Blob
    created_at: int
    expires_at: int | None = None
    origin: FileOrigin | None = None
    """None for an upload."""


def insert_file(session: Session, new: NewFile) -> FileRow:
    """Make the row of a file whose blob is already stored."""
    row = FileRow(
        id=new_id("file-"),
        project_id=new.project_id,
        purpose=new.purpose,
        filename=new.filename,
        bytes=new.blob.bytes,
        sha256=new.blob.sha256,
        status="processed",
        status_details=None,
        created_at=new.created_at,
        expires_at=new.expires_at,
        origin=None if new.origin is None else new.origin.to_json(),
    )
    session.add(row)
    session.flush()
    return row


def find_file(session: Session, project_id: str, file_id: str) -> FileRow | None:
    """Return a project's file, or None when it has no file of that id."""
    query = select(FileRow).where(FileRow.project_id == project_id, FileRow.id == file_id)
    return session.scalar(query)


def get_file(session: Session, project_id: str, file_id: str) -> FileRow:
    """Return a project's file; raises NotFoundError, also for another project's id."""
    row = find_file(session, project_id, file_id)
    if row is None:
        raise NotFoundError(
            worded("api.no_file", "No such File object: {file}", file=file_id), param="id"
        )
    return row


def list_files(
    session: Session,
    project_id: str,
    cursor: Cursor,
    *,
    purpose: str | None = None,
    text: str = "",
) -> Page[FileRow]:
    """Return one page of a project's files, of a purpose and with a text in name or id."""
    query = select(FileRow).where(FileRow.project_id == project_id)
    if text:
        named = FileRow.filename.icontains(text, autoescape=True)
        query = query.where(or_(named, FileRow.id.icontains(text, autoescape=True)))
    if purpose is not None:
        query = query.where(FileRow.purpose == purpose)
    return read_page(session, query, FileRow.seq, cursor)


def delete_file(session: Session, project_id: str, file_id: str) -> None:
    """Delete a project's file; raises NotFoundError.

    The blob stays until no file and no unfinished job names it; see `storage/garbage`.
    """
    session.delete(get_file(session, project_id, file_id))


def count_files(session: Session, project_id: str) -> int:
    """Return how many files a project has."""
    query = select(func.count()).select_from(FileRow).where(FileRow.project_id == project_id)
    return session.scalar(query) or 0


def file_bytes(session: Session, project_id: str) -> int:
    """Return how many bytes a project's files have, equal ones counted once as they are kept."""
    blobs = select(FileRow.sha256, FileRow.bytes).where(FileRow.project_id == project_id)
    return int(session.scalar(select(func.sum(blobs.distinct().subquery().c.bytes))) or 0)
