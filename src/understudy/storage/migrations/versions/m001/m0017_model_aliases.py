"""Tuned models answer under further names, each of one project."""

import sqlalchemy as sa
from alembic import op

from understudy.storage.tables.base import SERIAL

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "model_aliases",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_model_aliases_project_id"
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_model_aliases"),
        sa.UniqueConstraint("project_id", "name", name="uq_model_aliases_project_id_name"),
        sqlite_autoincrement=True,
    )
