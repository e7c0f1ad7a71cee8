"""Jobs know whether an example that the chat template rewrites becomes one a learned turn."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column; jobs so far refused such examples."""
    splits = sa.Column("splits_turns", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("jobs", splits)
