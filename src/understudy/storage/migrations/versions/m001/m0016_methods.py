"""Jobs know the method by which they learn; all that there were are supervised."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column."""
    op.add_column(
        "jobs", sa.Column("method", sa.Text(), nullable=False, server_default="supervised")
    )
