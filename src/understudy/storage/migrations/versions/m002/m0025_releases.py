"""Tuned models have safety checks and releases; jobs know who created them and what is mixed in."""

import sqlalchemy as sa
from alembic import op

from understudy.storage.tables.base import SERIAL

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the tables and the columns."""
    op.create_table(
        "release_checks",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("answers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("found", sa.Text(), nullable=True),
        sa.Column("is_screened", sa.Boolean(), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("worker_id", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Float(precision=53), nullable=True),
        sa.Column("available_at", sa.Float(precision=53), nullable=False),
        sa.Column("stalled_attempts", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_release_checks_project_id"
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_release_checks_job_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_release_checks"),
        sa.UniqueConstraint("id", name="uq_release_checks_id"),
        sa.UniqueConstraint("project_id", "model", name="uq_release_checks_project_id_model"),
        sqlite_autoincrement=True,
    )
    for column in ("job_id", "status", "worker_id"):
        op.create_index(f"ix_release_checks_{column}", "release_checks", [column])
    op.create_table(
        "releases",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("check_id", sa.Text(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("key_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("held_because", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_releases_project_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_releases"),
        sa.UniqueConstraint("id", name="uq_releases_id"),
        sa.UniqueConstraint("check_id", "round", name="uq_releases_check_id_round"),
        sqlite_autoincrement=True,
    )
    op.add_column("jobs", sa.Column("created_by", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("jobs", sa.Column("safety_mix", sa.Float(precision=53), nullable=True))
    op.add_column("tuned_models", sa.Column("system_prompt", sa.Text(), nullable=True))
