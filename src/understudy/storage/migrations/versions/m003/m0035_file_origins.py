"""Files know which file they were made from; of those before, none is known."""

import sqlalchemy as sa
from alembic import op

from understudy.storage.tables.base import JSON_VALUE

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Add the column."""
    op.add_column("files", sa.Column("origin", JSON_VALUE, nullable=True))
