"""Evals, their runs and items, and the report cards of jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Make the tables."""
    _evals()
    _runs()
    _items()
    _reports()


def _evals() -> None:
    op.create_table(
        "evals",
        sa.Column("seq", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("touched", sa.BigInteger(), nullable=False),
        sa.Column("pairs", _JSON, nullable=False),
        sa.Column("data_source_config", _JSON, nullable=False),
        sa.Column("testing_criteria", _JSON, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_evals_project_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_evals"),
        sa.UniqueConstraint("id", name="uq_evals_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_evals_project_id", "evals", ["project_id"])


def _runs() -> None:
    op.create_table(
        "eval_runs",
        sa.Column("seq", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("eval_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("pairs", _JSON, nullable=False),
        sa.Column("data_source", _JSON, nullable=False),
        sa.Column("rows_blob", sa.String(length=64), nullable=False),
        sa.Column("report_url", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("passed", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("errored", sa.BigInteger(), nullable=False),
        sa.Column("criteria", _JSON, nullable=False),
        sa.Column("usage", _JSON, nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        *_lease(),
        sa.ForeignKeyConstraint(
            ["eval_id"], ["evals.id"], name="fk_eval_runs_eval_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_eval_runs_project_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_eval_runs"),
        sa.UniqueConstraint("id", name="uq_eval_runs_id"),
        sqlite_autoincrement=True,
    )
    for column in ("eval_id", "project_id", "status", "worker_id"):
        op.create_index(f"ix_eval_runs_{column}", "eval_runs", [column])


def _items() -> None:
    op.create_table(
        "eval_items",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("item_key", sa.String(length=32), nullable=False),
        sa.Column("item", _JSON, nullable=False),
        sa.Column("results", _JSON, nullable=False),
        sa.Column("sample", _JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["eval_runs.id"], name="fk_eval_items_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "number", name="pk_eval_items"),
        sa.UniqueConstraint("id", name="uq_eval_items_id"),
    )
    op.create_index(
        "ix_eval_items_run_id_status_number", "eval_items", ["run_id", "status", "number"]
    )


def _reports() -> None:
    op.create_table(
        "job_reports",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("base_loss", sa.Float(precision=53), nullable=False),
        sa.Column("base_token_accuracy", sa.Float(precision=53), nullable=False),
        sa.Column("card", _JSON, nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        *_lease(),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_reports_job_id"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_job_reports_project_id"),
        sa.PrimaryKeyConstraint("job_id", name="pk_job_reports"),
    )
    for column in ("project_id", "status", "worker_id"):
        op.create_index(f"ix_job_reports_{column}", "job_reports", [column])


def _lease() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("worker_id", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Float(precision=53), nullable=True),
        sa.Column("available_at", sa.Float(precision=53), nullable=False),
        sa.Column("stalled_attempts", sa.BigInteger(), nullable=False),
    )
