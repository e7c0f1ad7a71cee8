"""The tables of screenings: what a moderation model found in the training file of a job."""

from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import JSON_VALUE, Row


class ScreeningRow(Row):
    """The screening of one job's training file: how far it is, and what was found."""

    __tablename__ = "screenings"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    file_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[str]
    reason: Mapped[str | None]
    """Why nothing, or not all, was screened."""
    moderator: Mapped[str | None]
    policy: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    """`safety/screening/policy.policy_to_json`, as it was when the screening began."""
    lines_total: Mapped[int]
    lines_wanted: Mapped[int]
    """All, or those of the sample."""
    lines_screened: Mapped[int]
    lines_unjudged: Mapped[int]
    """Lines that were tried, and of which not all was judged."""
    lines_flagged: Mapped[int]
    next_line: Mapped[int]
    """Where an attempt that continues it begins; lines before it are done."""
    counts: Mapped[dict[str, int]] = mapped_column(JSON_VALUE)
    """Category → flagged lines, those included that are marked as false positives."""
    not_evaluated: Mapped[list[str]] = mapped_column(JSON_VALUE)
    """Categories that the moderation model cannot judge."""
    started_at: Mapped[float]
    finished_at: Mapped[float | None]

    __table_args__ = (Index(None, "project_id", "file_sha256"),)


class ScreenedLineRow(Row):
    """A line that was flagged."""

    __tablename__ = "screened_lines"
    job_id: Mapped[str] = mapped_column(ForeignKey("screenings.job_id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    scores: Mapped[dict[str, float]] = mapped_column(JSON_VALUE)
    """The flagged categories; none where the moderation model names none of ours."""
    excerpt: Mapped[str]


class FalsePositiveRow(Row):
    """A flagged line that somebody read and found harmless; it holds for the file's content."""

    __tablename__ = "false_positives"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    file_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    marked_at: Mapped[int]
