"""The Weights & Biases runs that jobs report to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Make the table of runs."""
    op.create_table(
        "job_integrations",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("tags", _JSON, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_integrations_job_id"),
        sa.PrimaryKeyConstraint("job_id", "position", name="pk_job_integrations"),
    )
