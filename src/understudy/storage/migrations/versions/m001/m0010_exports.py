"""Exports of models are rows that a runner takes by lease."""

import sqlalchemy as sa
from alembic import op

from understudy.storage.tables.base import SERIAL

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "exports",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("number_type", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("difference", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("worker_id", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Float(precision=53), nullable=True),
        sa.Column("available_at", sa.Float(precision=53), nullable=False),
        sa.Column("stalled_attempts", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_exports_project_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_exports"),
        sa.UniqueConstraint("id", name="uq_exports_id"),
        sqlite_autoincrement=True,
    )
    for column in ("project_id", "status", "worker_id"):
        op.create_index(f"ix_exports_{column}", "exports", [column])
