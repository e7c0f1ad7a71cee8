"""The tables of batches: files of requests, and the answers to them until they are files too."""

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import JSON_VALUE, SERIAL, Row
from understudy.storage.tables.leased import LeasedRow


class BatchRow(LeasedRow, Row):
    """A batch: what was asked for, how far it is, and how it ended."""

    __tablename__ = "batches"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    status: Mapped[str] = mapped_column(index=True)
    endpoint: Mapped[str]
    input_file: Mapped[str]
    input_blob: Mapped[str] = mapped_column(String(64))
    """What is read: the file may be deleted meanwhile."""
    pairs: Mapped[dict[str, str] | None] = mapped_column(JSON_VALUE)
    """The metadata."""
    output_seconds: Mapped[int]
    """How long the files of answers stay."""
    model: Mapped[str | None]
    errors: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON_VALUE)
    """What is wrong with the input, as it stands on the wire."""
    output_file: Mapped[str | None]
    error_file: Mapped[str | None]
    created_at: Mapped[int]
    expires_at: Mapped[int]
    """When the completion window ends."""
    in_progress_at: Mapped[int | None]
    finalizing_at: Mapped[int | None]
    completed_at: Mapped[int | None]
    failed_at: Mapped[int | None]
    expired_at: Mapped[int | None]
    cancelling_at: Mapped[int | None]
    cancelled_at: Mapped[int | None]
    total: Mapped[int] = mapped_column(default=0)
    completed: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    input_tokens: Mapped[int] = mapped_column(default=0)
    cached_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    reasoning_tokens: Mapped[int] = mapped_column(default=0)

    __table_args__ = ({"sqlite_autoincrement": True},)


class BatchAnswerRow(Row):
    """The answer to one line of an unfinished batch; it goes once it stands in a file."""

    __tablename__ = "batch_answers"
    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The number of the line in the input file, from 1."""
    is_error: Mapped[bool]
    line: Mapped[str]
    """As it will stand in the file of outputs or of errors."""
