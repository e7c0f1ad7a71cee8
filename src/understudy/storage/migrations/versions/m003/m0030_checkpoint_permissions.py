"""Tuned models may be used by other projects."""

import sqlalchemy as sa
from alembic import op

from understudy.storage.tables.base import SERIAL

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "checkpoint_permissions",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("model_seq", SERIAL, autoincrement=False, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_seq"],
            ["tuned_models.seq"],
            name="fk_checkpoint_permissions_model_seq",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_checkpoint_permissions_project_id"
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_checkpoint_permissions"),
        sa.UniqueConstraint("id", name="uq_checkpoint_permissions_id"),
        sa.UniqueConstraint(
            "model_seq", "project_id", name="uq_checkpoint_permissions_model_seq_project_id"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_checkpoint_permissions_project_id", "checkpoint_permissions", ["project_id"]
    )
