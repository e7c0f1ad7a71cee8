"""The tables of further names of models: aliases, what shadows them, and what that found."""

from typing import Any

from sqlalchemy import Float, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import JSON_VALUE, SERIAL, Row


class ModelAliasRow(Row):
    """A name that one project asks for, and the model that answers."""

    __tablename__ = "model_aliases"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str]
    model: Mapped[str]
    """A tuned model or checkpoint of the same project, or a remote model; never another alias."""
    created_at: Mapped[int]
    calls: Mapped[int] = mapped_column(server_default="0")
    """Requests for an answer under this name."""
    last_called_at: Mapped[int | None]

    __table_args__ = (
        UniqueConstraint("project_id", "name"),
        {"sqlite_autoincrement": True},
    )


class ShadowRow(Row):
    """Two models under one alias: one answers, and the other is asked in the background."""

    __tablename__ = "shadows"
    alias_seq: Mapped[int] = mapped_column(
        SERIAL,
        ForeignKey("model_aliases.seq", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    old: Mapped[str]
    new: Mapped[str]
    """The one of both that the alias stands for is the one that answers."""
    share: Mapped[float] = mapped_column(Float(53))
    """Of the requests, for which the other model is asked: above 0, at most 1."""
    per_minute: Mapped[int]
    keeps_answers: Mapped[bool]
    days: Mapped[int]
    """How long a comparison is kept."""
    created_at: Mapped[int]
    answers_since: Mapped[int]
    """Since when the model that answers now does so."""
    compared: Mapped[int]
    failed: Mapped[int]
    skipped: Mapped[int]
    """Requests for which the other model was not asked because too many were waiting."""
    last_error: Mapped[str | None]
    last_error_at: Mapped[int | None]


class ComparisonRow(Row):
    """What both models of a shadow answered to one request, as far as the owner keeps it."""

    __tablename__ = "shadow_comparisons"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    alias_seq: Mapped[int] = mapped_column(
        SERIAL, ForeignKey("shadows.alias_seq", ondelete="CASCADE")
    )
    created_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)
    answered_by: Mapped[str]
    is_same: Mapped[bool]
    respects: Mapped[dict[str, bool]] = mapped_column(JSON_VALUE)
    """In which respects the new answer could be compared with the old one, and whether it is it."""
    old_seconds: Mapped[float]
    new_seconds: Mapped[float]
    texts: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    """Question and both answers; None where the owner does not keep them."""

    __table_args__ = (
        Index(None, "alias_seq", "seq"),
        Index(None, "alias_seq", "is_same", "seq"),
        {"sqlite_autoincrement": True},
    )
