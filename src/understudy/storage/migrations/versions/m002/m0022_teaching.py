"""Jobs may learn the probabilities of a teacher; none of those that there were did."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the column."""
    op.add_column("jobs", sa.Column("teaching", sa.JSON(none_as_null=True), nullable=True))
