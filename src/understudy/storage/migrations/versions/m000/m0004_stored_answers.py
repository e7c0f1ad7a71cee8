"""Stored answers: chat completions and responses, with their metadata, and events of responses."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Make the tables."""
    _completions()
    _responses()
    for owner, table in (("completion", "completions"), ("response", "responses")):
        _metadata(owner, table)
    op.create_table(
        "response_events",
        sa.Column("response_id", sa.Text(), nullable=False),
        sa.Column("sequence_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["responses.id"],
            name="fk_response_events_response_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("response_id", "sequence_number", name="pk_response_events"),
    )


def _completions() -> None:
    op.create_table(
        "completions",
        sa.Column("seq", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("messages", _JSON, nullable=False),
        sa.Column("settings", _JSON, nullable=False),
        sa.Column("answer", _JSON, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_completions_project_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_completions"),
        sa.UniqueConstraint("id", name="uq_completions_id"),
        sqlite_autoincrement=True,
    )
    _indexes("completions")


def _responses() -> None:
    op.create_table(
        "responses",
        sa.Column("seq", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_background", sa.Boolean(), nullable=False),
        sa.Column("is_streamed", sa.Boolean(), nullable=False),
        sa.Column("lease_until", sa.Float(precision=53), nullable=True),
        sa.Column("instructions", sa.Text(), nullable=True),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("temperature", sa.Float(precision=53), nullable=False),
        sa.Column("top_p", sa.Float(precision=53), nullable=False),
        sa.Column("reasoning_effort", sa.Text(), nullable=True),
        sa.Column("input", _JSON, nullable=False),
        sa.Column("body", _JSON, nullable=False),
        sa.Column("token_ids", _JSON, nullable=True),
        sa.Column("renderer_hash", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_responses_project_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_responses"),
        sa.UniqueConstraint("id", name="uq_responses_id"),
        sqlite_autoincrement=True,
    )
    _indexes("responses")
    op.create_index("ix_responses_lease_until", "responses", ["lease_until"])


def _indexes(table: str) -> None:
    op.create_index(f"ix_{table}_expires_at", table, ["expires_at"])
    op.create_index(f"ix_{table}_project_id_seq", table, ["project_id", "seq"])
    op.create_index(f"ix_{table}_project_id_created_at", table, ["project_id", "created_at"])
    op.create_index(
        f"ix_{table}_project_id_model_created_at", table, ["project_id", "model", "created_at"]
    )


def _metadata(owner: str, table: str) -> None:
    name, owner_id = f"{owner}_metadata", f"{owner}_id"
    op.create_table(
        name,
        sa.Column(owner_id, sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            [owner_id], [f"{table}.id"], name=f"fk_{name}_{owner_id}", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(owner_id, "key", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_key_value_{owner_id}", name, ["key", "value", owner_id])
