"""Keys keep their ends, by which their owner tells them apart in a list."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; what older keys looked like is not known any more."""
    op.add_column("api_keys", sa.Column("hint", sa.Text(), nullable=True))
