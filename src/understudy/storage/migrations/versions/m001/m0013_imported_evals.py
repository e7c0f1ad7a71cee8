"""Evals and runs that were imported know where they came from."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns; what is there was made here."""
    for table in ("evals", "eval_runs"):
        op.add_column(table, sa.Column("imported", sa.JSON(none_as_null=True), nullable=True))
