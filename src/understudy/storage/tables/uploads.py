"""The tables of uploads: files that arrive in parts."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import SERIAL, Row


class UploadRow(Row):
    """An upload: the file that is to come of it, and whether it did."""

    __tablename__ = "uploads"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    status: Mapped[str]
    filename: Mapped[str]
    purpose: Mapped[str]
    bytes: Mapped[int]
    """How many the file will have, as its owner announced."""
    lifetime_seconds: Mapped[int | None]
    """How long the file stays; None for a file that stays."""
    created_at: Mapped[int]
    expires_at: Mapped[int]
    """Until when parts are taken."""
    file_id: Mapped[str | None]
    """The file, once the upload is completed."""

    __table_args__ = ({"sqlite_autoincrement": True},)


class UploadPartRow(Row):
    """One part of an upload that is not completed; the bytes are the blob named by `sha256`."""

    __tablename__ = "upload_parts"
    id: Mapped[str] = mapped_column(primary_key=True)
    upload_id: Mapped[str] = mapped_column(ForeignKey("uploads.id"), index=True)
    bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[int]
