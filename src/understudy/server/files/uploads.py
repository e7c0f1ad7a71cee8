"""What a project can do with uploads: begin one, add parts, complete it, cancel it."""

import hashlib
from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError
from understudy.ids import hex_id
from understudy.schemas.files.files import UploadPurpose, default_lifetime_seconds
from understudy.schemas.files.uploads import CompleteUpload, CreateUpload, UploadStatus
from understudy.server.files.service import check_content
from understudy.server.http.filenames import safe_filename
from understudy.server.services import Services
from understudy.storage.blobs import Blob, BlobStore
from understudy.storage.database import Database
from understudy.storage.files.files import NewFile, find_file, insert_file
from understudy.storage.files.uploads import (
    drop_parts,
    find_part,
    find_upload,
    lock_upload,
    parts_of,
    received_bytes,
)
from understudy.storage.idempotency import Repeatable, find_made, once, remember
from understudy.storage.tables.projects import FileRow
from understudy.storage.tables.uploads import UploadPartRow, UploadRow
from understudy.wording import worded

_LIFETIME_SECONDS = 3600
_PIECE_BYTES = 1024 * 1024
# Room for parts that were sent a second time, since a client may lose the ids of the first ones.
_SPARE_BYTES = 128 * 1024 * 1024


def begin(db: Database, project_id: str, new: CreateUpload, *, mark: Repeatable) -> UploadRow:
    """Begin an upload, or return the one that the same request began before."""
    with db.write() as session:
        now = int(db.now(session))

        def make() -> UploadRow:
            lifetime = new.expires_after and new.expires_after.seconds
            row = UploadRow(
                id=hex_id("upload_"),
                project_id=project_id,
                status=UploadStatus.PENDING,
                filename=safe_filename(new.filename),
                purpose=new.purpose,
                bytes=new.bytes,
                lifetime_seconds=lifetime or default_lifetime_seconds(new.purpose),
                created_at=now,
                expires_at=now + _LIFETIME_SECONDS,
            )
            session.add(row)
            session.flush()
            return row

        return once(
            session,
            project_id,
            mark,
            now=now,
            find=lambda id: find_upload(session, project_id, id),
            make=make,
        )


def check_pending(db: Database, project_id: str, upload_id: str) -> None:
    """Raise NotFoundError or InvalidRequestError unless the upload takes parts."""
    with db.write() as session:
        _lock_pending(session, db, project_id, upload_id)


def add_part(
    db: Database, project_id: str, upload_id: str, blob: Blob, *, mark: Repeatable
) -> UploadPartRow:
    """Add a stored part, or return the one that the same request added before.

    Raises InvalidRequestError for an upload that takes no more parts.
    """
    with db.write() as session:
        upload = _lock_pending(session, db, project_id, upload_id)
        now = int(db.now(session))

        def make() -> UploadPartRow:
            received = received_bytes(session, upload.id) + blob.bytes
            if received > 2 * upload.bytes + _SPARE_BYTES:
                raise InvalidRequestError(
                    worded(
                        "files.parts_upload_bytes_now",
                        "The parts of this upload have {received:,} bytes by now, "
                        "but its file is to have {bytes:,}. Cancel it and begin "
                        "another one.",
                        received=received,
                        bytes=upload.bytes,
                    )
                )
            row = UploadPartRow(
                id=hex_id("part_"),
                upload_id=upload.id,
                bytes=blob.bytes,
                sha256=blob.sha256,
                created_at=now,
            )
            session.add(row)
            session.flush()
            return row

        return once(
            session,
            project_id,
            mark,
            now=now,
            find=lambda id: find_part(session, upload.id, id),
            make=make,
        )


def complete(
    services: Services, project_id: str, upload_id: str, asked: CompleteUpload, *, mark: Repeatable
) -> tuple[UploadRow, FileRow | None]:
    """Make a file of the parts in the order asked for; blocks for as long as copying takes.

    Raises InvalidRequestError where the parts are not the file that was announced, or hold what a
    file of this purpose may not; the upload then stays as it is.
    """
    db = services.database
    made = find_made(db, project_id, mark, find_upload)
    if made is not None:
        return made, _file_of(db, made)
    with db.write() as session:
        upload = _lock_pending(session, db, project_id, upload_id)
        parts = _chosen(upload, parts_of(session, upload.id), asked.part_ids)
        # Joining takes minutes, in which its parts must not be swept away.
        until = int(db.now(session)) + _LIFETIME_SECONDS
        upload.expires_at = max(upload.expires_at, until)
    blob = _join(services.blobs, parts, asked.md5)
    check_content(services.blobs, blob, UploadPurpose(upload.purpose))
    with db.write() as session:
        upload = _lock_pending(session, db, project_id, upload_id)
        now = int(db.now(session))
        file = insert_file(session, _new_file(upload, blob, now))
        upload.status, upload.file_id = UploadStatus.COMPLETED, file.id
        drop_parts(session, upload.id)
        remember(session, project_id, mark, upload.id, now=now)
        return upload, file


def cancel(db: Database, project_id: str, upload_id: str) -> UploadRow:
    """End an upload and forget its parts; one that is cancelled already is returned as it is.

    Raises InvalidRequestError when it has ended otherwise.
    """
    with db.write() as session:
        upload = lock_upload(session, project_id, upload_id)
        if upload.status != UploadStatus.CANCELLED:
            _check_pending(session, db, upload)
            upload.status = UploadStatus.CANCELLED
            drop_parts(session, upload.id)
        return upload


def _lock_pending(session: Session, db: Database, project_id: str, upload_id: str) -> UploadRow:
    upload = lock_upload(session, project_id, upload_id)
    _check_pending(session, db, upload)
    return upload


def _check_pending(session: Session, db: Database, upload: UploadRow) -> None:
    is_late = upload.status == UploadStatus.PENDING and upload.expires_at <= db.now(session)
    status = UploadStatus.EXPIRED if is_late else upload.status
    if status != UploadStatus.PENDING:
        raise InvalidRequestError(
            worded(
                "files.upload_status_only_pending",
                "The upload {id} has the status '{status}'; only a pending one takes "
                "parts and can be completed or cancelled. Begin another one.",
                id=upload.id,
                status=status,
            ),
            param="upload_id",
        )


def _chosen(
    upload: UploadRow, parts: Sequence[UploadPartRow], ids: Sequence[str]
) -> list[UploadPartRow]:
    known = {part.id: part for part in parts}
    for id in ids:
        if id not in known:
            raise InvalidRequestError(
                worded(
                    "files.upload_no_part",
                    "The upload {id} has no part '{id2}'.",
                    id=upload.id,
                    id2=id[:100],
                ),
                param="part_ids",
            )
    if len(set(ids)) < len(ids):
        raise InvalidRequestError(
            worded(
                "files.part_given_twice_part",
                "A part is given twice in 'part_ids'.",
            ),
            param="part_ids",
        )
    chosen = [known[id] for id in ids]
    total = sum(part.bytes for part in chosen)
    if total != upload.bytes:
        raise InvalidRequestError(
            worded(
                "files.parts_bytes_together_but",
                "The parts have {total:,} bytes together, but the upload was begun "
                "for a file of {bytes:,} bytes.",
                total=total,
                bytes=upload.bytes,
            ),
            param="part_ids",
        )
    return chosen


def _join(blobs: BlobStore, parts: Sequence[UploadPartRow], md5: str | None) -> Blob:
    """Store the parts as one blob; a file whose checksum is wrong is dropped again."""
    # The caller's own choice of a checksum against transport errors; it secures nothing here.
    digest = hashlib.md5(usedforsecurity=False)

    def pieces() -> Iterator[bytes]:
        for part in parts:
            with blobs.stored(part.sha256).open("rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    digest.update(piece)
                    yield piece
        if md5 is not None and digest.hexdigest() != md5.strip().lower():
            raise InvalidRequestError(
                worded(
                    "files.md5_parts_order_not",
                    "The MD5 of the parts in this order is {hexdigest}, not '{md5}'.",
                    hexdigest=digest.hexdigest(),
                    md5=md5[:100],
                ),
                param="md5",
            )

    return blobs.write(pieces())


def _new_file(upload: UploadRow, blob: Blob, now: int) -> NewFile:
    lifetime = upload.lifetime_seconds
    return NewFile(
        project_id=upload.project_id,
        purpose=upload.purpose,
        filename=upload.filename,
        blob=blob,
        created_at=now,
        expires_at=None if lifetime is None else now + lifetime,
    )


def _file_of(db: Database, upload: UploadRow) -> FileRow | None:
    with db.read() as session:
        return find_file(session, upload.project_id, upload.file_id or "")
