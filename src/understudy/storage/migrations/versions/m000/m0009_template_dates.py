"""Jobs and tuned models know the day that their chat templates print."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

# What every template printed before.
_BEFORE = "2025-01-01"


def upgrade() -> None:
    """Add one column to the jobs and one to the tuned models."""
    for table in ("jobs", "tuned_models"):
        op.add_column(table, sa.Column("template_date", sa.Text(), nullable=True))
        op.execute(f"UPDATE {table} SET template_date = '{_BEFORE}'")
