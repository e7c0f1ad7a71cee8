"""The tables of projects and what is kept for each: keys, files, repeated requests, the outbox."""

from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import JSON_VALUE, SERIAL, Row


class ProjectRow(Row):
    """Whom everything belongs to: no object of one project is visible in another."""

    __tablename__ = "projects"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[int]


class ApiKeyRow(Row):
    """A key of a project, as a digest: the key itself is shown once and kept nowhere."""

    __tablename__ = "api_keys"
    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[int]
    hint: Mapped[str | None]
    """The ends of the key; unknown for keys that were made before hints were kept."""


class FileRow(Row):
    """A file as its owner sees it; the bytes are the blob named by `sha256`."""

    __tablename__ = "files"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    purpose: Mapped[str]
    filename: Mapped[str]
    bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    status: Mapped[str]
    status_details: Mapped[str | None]
    created_at: Mapped[int]
    expires_at: Mapped[int | None]
    origin: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    """Which file it was made from, as `storage/files/origins` writes it; None for an upload."""

    __table_args__ = ({"sqlite_autoincrement": True},)


class IdempotencyRow(Row):
    """What a creating request made, so that its repetition makes nothing more."""

    __tablename__ = "idempotency"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_sha256: Mapped[str] = mapped_column(String(64))
    object_id: Mapped[str]
    created_at: Mapped[int]


class OutboxRow(Row):
    """A fact others may want to hear of, written in the transaction that made it true."""

    __tablename__ = "outbox"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    type: Mapped[str]
    object_id: Mapped[str]
    created_at: Mapped[int]

    __table_args__ = (
        UniqueConstraint("object_id", "type"),
        {"sqlite_autoincrement": True},
    )
