"""Sentences of jobs know what they say in a code and values; those before are shown as they are."""

import sqlalchemy as sa
from alembic import op

from understudy.storage.tables.base import JSON_VALUE

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("job_events", sa.Column("wording", JSON_VALUE, nullable=True))
    op.add_column("jobs", sa.Column("error_wording", JSON_VALUE, nullable=True))
