"""Tuned models know the answers that they choose from, and a temperature; none before did."""

import sqlalchemy as sa
from alembic import op

from understudy.storage.tables.base import JSON_VALUE

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Add the column."""
    op.add_column("tuned_models", sa.Column("label_calibration", JSON_VALUE, nullable=True))
