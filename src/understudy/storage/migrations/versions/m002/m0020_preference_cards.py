"""Report cards of jobs over pairs: nothing is measured before, and a grader may decide."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0018"


def upgrade() -> None:
    """Let the losses be unknown, and add the grader."""
    with op.batch_alter_table("job_reports") as table:
        table.alter_column("base_loss", existing_type=sa.Float(precision=53), nullable=True)
        table.alter_column(
            "base_token_accuracy", existing_type=sa.Float(precision=53), nullable=True
        )
        table.add_column(sa.Column("grader", sa.JSON(none_as_null=True), nullable=True))
