"""The tables of images that requests and jobs show, as typed rows; their bytes are blobs."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import Row


class ImageRow(Row):
    """An image that a project's requests showed, kept as long as an answer refers to it."""

    __tablename__ = "images"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str]
    created_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)


class JobImageRow(Row):
    """What became of one image of a job's files, the same for every attempt at the job."""

    __tablename__ = "job_images"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The SHA-256 of where it stands; of a data URL, of its bytes."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Its bytes; empty for an image that cannot be used."""
    fault: Mapped[str | None]
    """Why it cannot be used: the code, and the words."""
    message: Mapped[str | None]
