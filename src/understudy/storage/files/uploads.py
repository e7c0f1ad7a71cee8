"""Uploads: files that arrive in parts, whose bytes are blobs of their own until they are one."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.schemas.files.uploads import UploadStatus
from understudy.storage.tables.uploads import UploadPartRow, UploadRow
from understudy.wording import worded


def find_upload(session: Session, project_id: str, upload_id: str) -> UploadRow | None:
    """Return a project's upload, or None when it has no upload of that id."""
    query = select(UploadRow).where(UploadRow.project_id == project_id, UploadRow.id == upload_id)
    return session.scalar(query)


def lock_upload(session: Session, project_id: str, upload_id: str) -> UploadRow:
    """Return a project's upload, held by this transaction; raises NotFoundError."""
    query = select(UploadRow).where(UploadRow.project_id == project_id, UploadRow.id == upload_id)
    row = session.scalar(query.with_for_update())
    if row is None:
        raise NotFoundError(
            worded(
                "api.no_such_upload_object",
                "No such Upload object: {upload_id}",
                upload_id=upload_id[:100],
            ),
            param="upload_id",
        )
    return row


def find_part(session: Session, upload_id: str, part_id: str) -> UploadPartRow | None:
    """Return a part of an upload, or None."""
    query = select(UploadPartRow).where(
        UploadPartRow.upload_id == upload_id, UploadPartRow.id == part_id
    )
    return session.scalar(query)


def parts_of(session: Session, upload_id: str) -> Sequence[UploadPartRow]:
    """Return every part of an upload."""
    query = select(UploadPartRow).where(UploadPartRow.upload_id == upload_id)
    return session.scalars(query).all()


def received_bytes(session: Session, upload_id: str) -> int:
    """Return how many bytes the parts of an upload have."""
    query = select(func.sum(UploadPartRow.bytes)).where(UploadPartRow.upload_id == upload_id)
    return int(session.scalar(query) or 0)


def drop_parts(session: Session, upload_id: str) -> None:
    """Delete the parts of an upload that takes no more; their bytes go when nothing names them."""
    session.execute(delete(UploadPartRow).where(UploadPartRow.upload_id == upload_id))


def expire_uploads(session: Session, now: float) -> None:
    """End the uploads whose time is over, with their parts."""
    is_late = (UploadRow.status == UploadStatus.PENDING, UploadRow.expires_at <= now)
    late = select(UploadRow.id).where(*is_late)
    session.execute(delete(UploadPartRow).where(UploadPartRow.upload_id.in_(late)))
    session.execute(update(UploadRow).where(*is_late).values(status=UploadStatus.EXPIRED))
