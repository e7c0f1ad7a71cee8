"""Training files are screened by a moderation model when their jobs start."""

import sqlalchemy as sa
from alembic import op

from understudy.storage.tables.base import JSON_VALUE

revision = "0024"
down_revision = "0022"


def upgrade() -> None:
    """Add the tables; jobs from before have no screening and are shown as not screened."""
    op.create_table(
        "screenings",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("moderator", sa.Text(), nullable=True),
        sa.Column("policy", JSON_VALUE, nullable=False),
        sa.Column("lines_total", sa.BigInteger(), nullable=False),
        sa.Column("lines_wanted", sa.BigInteger(), nullable=False),
        sa.Column("lines_screened", sa.BigInteger(), nullable=False),
        sa.Column("lines_unjudged", sa.BigInteger(), nullable=False),
        sa.Column("lines_flagged", sa.BigInteger(), nullable=False),
        sa.Column("next_line", sa.BigInteger(), nullable=False),
        sa.Column("counts", JSON_VALUE, nullable=False),
        sa.Column("not_evaluated", JSON_VALUE, nullable=False),
        sa.Column("started_at", sa.Float(53), nullable=False),
        sa.Column("finished_at", sa.Float(53), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_screenings_job_id"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_screenings_project_id"),
        sa.PrimaryKeyConstraint("job_id", name="pk_screenings"),
    )
    op.create_index(
        "ix_screenings_project_id_file_sha256", "screenings", ["project_id", "file_sha256"]
    )
    op.create_table(
        "screened_lines",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scores", JSON_VALUE, nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["screenings.job_id"], name="fk_screened_lines_job_id"),
        sa.PrimaryKeyConstraint("job_id", "line", name="pk_screened_lines"),
    )
    op.create_table(
        "false_positives",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("marked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_false_positives_project_id"
        ),
        sa.PrimaryKeyConstraint("project_id", "file_sha256", "line", name="pk_false_positives"),
    )
