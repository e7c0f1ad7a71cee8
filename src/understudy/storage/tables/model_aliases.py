"""The table of further names under which a project's tuned models answer."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import SERIAL, Row


class ModelAliasRow(Row):
    """A name that one project asks for, and its tuned model that answers."""

    __tablename__ = "model_aliases"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str]
    model: Mapped[str]
    """The name of a tuned model or checkpoint of the same project, never another alias."""
    created_at: Mapped[int]

    __table_args__ = (
        UniqueConstraint("project_id", "name"),
        {"sqlite_autoincrement": True},
    )
