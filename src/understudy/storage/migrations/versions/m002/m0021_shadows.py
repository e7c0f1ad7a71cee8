"""Aliases count calls and may have a shadow; stored answers name the remote snapshot."""

import sqlalchemy as sa
from alembic import op

from understudy.storage.tables.base import JSON_VALUE, SERIAL

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the columns and the tables."""
    op.add_column(
        "model_aliases", sa.Column("calls", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("model_aliases", sa.Column("last_called_at", sa.BigInteger(), nullable=True))
    for table in ("completions", "responses"):
        op.add_column(table, sa.Column("remote_model", sa.Text(), nullable=True))
    op.create_table(
        "shadows",
        sa.Column("alias_seq", SERIAL, autoincrement=False, nullable=False),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.Column("share", sa.Float(53), nullable=False),
        sa.Column("per_minute", sa.BigInteger(), nullable=False),
        sa.Column("keeps_answers", sa.Boolean(), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("answers_since", sa.BigInteger(), nullable=False),
        sa.Column("compared", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_error_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alias_seq"],
            ["model_aliases.seq"],
            name="fk_shadows_alias_seq",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("alias_seq", name="pk_shadows"),
    )
    op.create_table(
        "shadow_comparisons",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("alias_seq", SERIAL, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("is_same", sa.Boolean(), nullable=False),
        sa.Column("respects", JSON_VALUE, nullable=False),
        sa.Column("old_seconds", sa.Float(53), nullable=False),
        sa.Column("new_seconds", sa.Float(53), nullable=False),
        sa.Column("texts", JSON_VALUE, nullable=True),
        sa.ForeignKeyConstraint(
            ["alias_seq"],
            ["shadows.alias_seq"],
            name="fk_shadow_comparisons_alias_seq",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_shadow_comparisons"),
        sa.UniqueConstraint("id", name="uq_shadow_comparisons_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_shadow_comparisons_alias_seq_seq", "shadow_comparisons", ["alias_seq", "seq"]
    )
    op.create_index(
        "ix_shadow_comparisons_alias_seq_is_same_seq",
        "shadow_comparisons",
        ["alias_seq", "is_same", "seq"],
    )
    op.create_index("ix_shadow_comparisons_expires_at", "shadow_comparisons", ["expires_at"])
