"""Images that requests and jobs show have rows, by which their bytes are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "images",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_images_project_id"),
        sa.PrimaryKeyConstraint("project_id", "sha256", name="pk_images"),
    )
    op.create_index("ix_images_expires_at", "images", ["expires_at"])
    op.create_table(
        "job_images",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_images_job_id"),
        sa.PrimaryKeyConstraint("job_id", "source", name="pk_job_images"),
    )
