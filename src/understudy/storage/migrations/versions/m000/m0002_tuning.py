"""How a job trains and what a tuned model is: an adapter beside its base, or a whole model."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# What every job did before there was a choice.
_LORA = '{"trained":"lora","rank":16,"alpha":32.0,"targets":[]}'


def upgrade() -> None:
    """Add one column to the jobs and one to the tuned models."""
    tuning = sa.Column("tuning", sa.JSON(none_as_null=True), nullable=False, server_default=_LORA)
    op.add_column("jobs", tuning)
    trained = sa.Column("trained", sa.Text(), nullable=False, server_default="lora")
    op.add_column("tuned_models", trained)
