"""Jobs know what they are rewarded for, and the eval of their validations; none before did."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("jobs", sa.Column("reinforcement", sa.JSON(), nullable=True))
    op.add_column("jobs", sa.Column("eval_id", sa.Text(), nullable=True))
