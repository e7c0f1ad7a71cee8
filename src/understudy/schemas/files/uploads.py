"""Uploads: a large file that arrives in parts."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from understudy.schemas.base import StoredText, StrictRequest, WireObject
from understudy.schemas.files.files import ExpiresAfter, FileObject

MAX_UPLOAD_BYTES = 8 * 1024 * 1024 * 1024
"""Largest file that may come of an upload."""

MAX_PART_BYTES = 64 * 1024 * 1024
"""Largest part of an upload."""


class UploadStatus(StrEnum):
    """The states of an upload."""

    PENDING = "pending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class CreateUpload(StrictRequest):
    """What the file is going to be."""

    filename: StoredText
    purpose: Literal["fine-tune", "assistants", "batch", "user_data", "vision", "evals"]
    bytes: Annotated[int, Field(ge=0, le=MAX_UPLOAD_BYTES)]
    mime_type: str
    expires_after: ExpiresAfter | None = None


class CompleteUpload(StrictRequest):
    """Which parts make up the file, in their order."""

    part_ids: list[StoredText]
    md5: str | None = None
    """Of the whole file, in hexadecimal digits."""


class Upload(WireObject):
    """A file that arrives in parts, and the file once it is whole."""

    id: str
    object: Literal["upload"] = "upload"
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: UploadStatus
    expires_at: int
    file: FileObject | None


class UploadPart(WireObject):
    """One part of an upload."""

    id: str
    object: Literal["upload.part"] = "upload.part"
    created_at: int
    upload_id: str
