"""The table of distillations: stored answers that become a student's training."""

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import JSON_VALUE, SERIAL, Row
from understudy.storage.tables.leased import LeasedRow


class DistillationRow(LeasedRow, Row):
    """A distillation: what was asked for, what came of it so far, and how it ended."""

    __tablename__ = "distillations"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    status: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[int]
    finished_at: Mapped[int | None]
    organization: Mapped[str]
    """The operator's name in the student's name."""
    days: Mapped[int]
    """How long answers are stored that the teacher gives on the way."""
    report_address: Mapped[str]
    """The dashboard's, which the links of runs begin with."""
    request: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    step: Mapped[str | None]
    """What is being done, in words."""
    counts: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    training_file: Mapped[str | None]
    validation_file: Mapped[str | None]
    provenance_file: Mapped[str | None]
    eval_file: Mapped[str | None]
    job_id: Mapped[str | None]
    eval_id: Mapped[str | None]
    runs: Mapped[dict[str, str]] = mapped_column(JSON_VALUE)
    """IDs of runs: of `teacher`, `base` and `student`."""
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    error_message: Mapped[str | None]

    __table_args__ = ({"sqlite_autoincrement": True},)
