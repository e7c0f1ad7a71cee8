"""Distillations are rows that a runner takes by lease."""

import sqlalchemy as sa
from alembic import op

from understudy.storage.tables.base import SERIAL

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "distillations",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        sa.Column("report_address", sa.Text(), nullable=False),
        sa.Column("request", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("counts", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("training_file", sa.Text(), nullable=True),
        sa.Column("validation_file", sa.Text(), nullable=True),
        sa.Column("provenance_file", sa.Text(), nullable=True),
        sa.Column("eval_file", sa.Text(), nullable=True),
        sa.Column("job_id", sa.Text(), nullable=True),
        sa.Column("eval_id", sa.Text(), nullable=True),
        sa.Column("runs", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("worker_id", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Float(precision=53), nullable=True),
        sa.Column("available_at", sa.Float(precision=53), nullable=False),
        sa.Column("stalled_attempts", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_distillations_project_id"
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_distillations"),
        sa.UniqueConstraint("id", name="uq_distillations_id"),
        sqlite_autoincrement=True,
    )
    for column in ("project_id", "status", "worker_id"):
        op.create_index(f"ix_distillations_{column}", "distillations", [column])
