"""The tables of safety checks of tuned models, and of who released which model and why."""

from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import JSON_VALUE, SERIAL, Row
from understudy.storage.tables.leased import LeasedRow


class ReleaseCheckRow(LeasedRow, Row):
    """The safety check of a tuned model or checkpoint: one a name, made again if wanted."""

    __tablename__ = "release_checks"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    model: Mapped[str]
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), index=True)
    status: Mapped[str] = mapped_column(index=True)
    round: Mapped[int]
    """Which check of the model this is, counted from 1; a release belongs to one of them."""
    created_at: Mapped[int]
    finished_at: Mapped[int | None]
    answers: Mapped[dict[str, str]] = mapped_column(JSON_VALUE)
    """What was answered so far; emptied when the check ends."""
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    found: Mapped[str | None]
    """What speaks against a release, in words."""
    is_screened: Mapped[bool]
    """Whether a moderation model judged, in one category at least."""
    error_message: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("project_id", "model"),
        {"sqlite_autoincrement": True},
    )


class ReleaseRow(Row):
    """A release: who let a held model answer, when, and why; never changed or deleted."""

    __tablename__ = "releases"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    model: Mapped[str]
    check_id: Mapped[str]
    round: Mapped[int]
    created_at: Mapped[int]
    key_id: Mapped[str]
    key_name: Mapped[str]
    """As it was: the key may be gone."""
    reason: Mapped[str]
    held_because: Mapped[str]
    """Why the model was held, as whoever released it was shown."""

    __table_args__ = (
        UniqueConstraint("check_id", "round"),
        {"sqlite_autoincrement": True},
    )
