"""Runs of evals know how often each of their rows is asked."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add a column to the runs; rows of earlier runs were asked once."""
    column = sa.Column("repeats", sa.BigInteger(), nullable=False, server_default="1")
    op.add_column("eval_runs", column)
