"""The table of records that were taken along from an account elsewhere."""

from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import JSON_VALUE, SERIAL, Row


class HistoryRow(Row):
    """A file, job, model, batch or completion as another API showed it."""

    __tablename__ = "history"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str]
    """Its id there."""
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    kind: Mapped[str]
    source: Mapped[str]
    """The API that it came from."""
    imported_at: Mapped[int]
    object: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    parts: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    file_ids: Mapped[dict[str, str]] = mapped_column(JSON_VALUE)
    """IDs of files there → IDs of their copies here."""

    __table_args__ = (
        UniqueConstraint("project_id", "kind", "id"),
        {"sqlite_autoincrement": True},
    )
