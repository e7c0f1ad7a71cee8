"""The table of exports: models that leave in a format that other programs load."""

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import JSON_VALUE, SERIAL, Row
from understudy.storage.tables.leased import LeasedRow


class ExportRow(LeasedRow, Row):
    """An export: which model in which format, how far it is, and how near it came out."""

    __tablename__ = "exports"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    model: Mapped[str]
    format: Mapped[str]
    number_type: Mapped[str | None]
    status: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[int]
    finished_at: Mapped[int | None]
    step: Mapped[str | None]
    """What is being done, in words."""
    difference: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    error_message: Mapped[str | None]

    __table_args__ = ({"sqlite_autoincrement": True},)
