"""Files: what a user uploads and what jobs produce."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from understudy.schemas.base import StrictRequest, WireObject
from understudy.schemas.lists import HasId

MAX_FILE_BYTES = 512 * 1024 * 1024
"""Largest file that one upload may bring."""


_BATCH_SECONDS = 30 * 24 * 3600


class UploadPurpose(StrEnum):
    """What a user may upload a file for."""

    FINE_TUNE = "fine-tune"
    ASSISTANTS = "assistants"
    BATCH = "batch"
    USER_DATA = "user_data"
    VISION = "vision"
    EVALS = "evals"


def default_lifetime_seconds(purpose: str) -> int | None:
    """Return how long a file stays whose owner does not say; None for one that stays."""
    return _BATCH_SECONDS if purpose == UploadPurpose.BATCH else None


RESULT_PURPOSE = "fine-tune-results"
"""Purpose of the result files of fine-tuning jobs."""


class ExpiresAfter(StrictRequest):
    """When an uploaded file disappears by itself."""

    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=3600, le=2_592_000)]


class FileObject(HasId):
    """A stored file, without its content."""

    object: Literal["file"] = "file"
    purpose: str
    filename: str
    bytes: int
    created_at: int
    expires_at: int | None
    status: Literal["processed", "error"]
    status_details: str | None


class FileDeleted(WireObject):
    """The answer to a deletion."""

    id: str
    object: Literal["file"] = "file"
    deleted: Literal[True] = True
