"""The table of usage: what was asked of each model on each day, and with which key."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import Row


class UsageRow(Row):
    """The requests of one day with one key to one model, and their tokens."""

    __tablename__ = "usage"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Days since 1970 in UTC."""
    key_id: Mapped[str] = mapped_column(primary_key=True)
    """The key may be gone; empty for what a batch asked."""
    model: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int]
    prompt_tokens: Mapped[int]
    completion_tokens: Mapped[int]
