"""The table of uses: when each model was last asked in each project."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import Row


class ModelUseRow(Row):
    """When a model was last asked; one that was deleted has no row."""

    __tablename__ = "model_uses"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    """Its own name, or that of a server's alias."""
    last_used_at: Mapped[int]
