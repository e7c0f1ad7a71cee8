"""Rows of files as the objects that stand on the wire."""

from typing import Literal, cast

from understudy.schemas.files.files import RESULT_PURPOSE, FileObject
from understudy.storage.tables.projects import FileRow


def file_object(row: FileRow, *, results_as_base64: bool) -> FileObject:
    """Write a file; `bytes` is what its download will bring."""
    is_encoded = results_as_base64 and row.purpose == RESULT_PURPOSE
    return FileObject(
        id=row.id,
        purpose=row.purpose,
        filename=row.filename,
        bytes=base64_length(row.bytes) if is_encoded else row.bytes,
        created_at=row.created_at,
        expires_at=row.expires_at,
        status=cast(Literal["processed", "error"], row.status),
        status_details=row.status_details,
    )


def base64_length(length: int) -> int:
    """Return how many characters base64 makes of `length` bytes."""
    return -(-length // 3) * 4
