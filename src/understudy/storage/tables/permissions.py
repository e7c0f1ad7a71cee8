"""The table of permissions: tuned models that other projects may use."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import SERIAL, Row


class CheckpointPermissionRow(Row):
    """A project that may use a tuned model or checkpoint of another one."""

    __tablename__ = "checkpoint_permissions"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    model_seq: Mapped[int] = mapped_column(ForeignKey("tuned_models.seq", ondelete="CASCADE"))
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    """Who may use it."""
    created_at: Mapped[int]

    __table_args__ = (
        UniqueConstraint("model_seq", "project_id"),
        {"sqlite_autoincrement": True},
    )
