"""The tables of evals, their runs and items, and of the report cards of jobs, as typed rows."""

from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, synonym

from understudy.storage.tables.base import JSON_VALUE, SERIAL, Row
from understudy.storage.tables.leased import LeasedRow


class EvalRow(Row):
    """An eval: what its data look like, and the criteria that answers are judged by."""

    __tablename__ = "evals"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    name: Mapped[str]
    created_at: Mapped[int]
    updated_at: Mapped[int]
    touched: Mapped[int]
    """Grows with every creation and update, so that a list can be ordered by them."""
    pairs: Mapped[dict[str, str]] = mapped_column(JSON_VALUE)
    """The metadata."""
    data_source_config: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    testing_criteria: Mapped[list[dict[str, Any]]] = mapped_column(JSON_VALUE)
    """One with a reason at `switched_off` is kept, but judges nothing."""
    imported: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    """Where it came from; None when it was made here."""

    __table_args__ = ({"sqlite_autoincrement": True},)


class EvalRunRow(LeasedRow, Row):
    """A run of an eval: what is asked of which model, and what came of it so far."""

    __tablename__ = "eval_runs"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    eval_id: Mapped[str] = mapped_column(ForeignKey("evals.id", ondelete="CASCADE"), index=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    name: Mapped[str]
    model: Mapped[str]
    """As it was asked for; empty when nothing is sampled."""
    status: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[int]
    finished_at: Mapped[int | None]
    pairs: Mapped[dict[str, str]] = mapped_column(JSON_VALUE)
    """The metadata."""
    data_source: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    rows_blob: Mapped[str] = mapped_column(String(64))
    """The rows as they were when the run was created, one JSON object a line; "" if imported."""
    repeats: Mapped[int] = mapped_column(server_default="1")
    """How often each row is asked; its items stand together."""
    report_url: Mapped[str]
    imported: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    """Where it came from; None when it was made here."""

    total: Mapped[int]
    passed: Mapped[int]
    failed: Mapped[int]
    errored: Mapped[int]
    criteria: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    """Passed and failed items of each criterion so far."""
    usage: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    """Invocations and tokens of each model so far."""
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]

    __table_args__ = ({"sqlite_autoincrement": True},)


class EvalItemRow(Row):
    """What a run made of one item; written once, together with the run's counts."""

    __tablename__ = "eval_items"
    run_id: Mapped[str] = mapped_column(
        ForeignKey("eval_runs.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counted from 0: that of its row times the run's repeats, and which of these it is."""
    id: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[int]
    status: Mapped[str]
    item_key: Mapped[str] = mapped_column(String(32))
    """The same for equal items of all runs."""
    item: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    results: Mapped[list[dict[str, Any]]] = mapped_column(JSON_VALUE)
    sample: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)

    __table_args__ = (Index(None, "run_id", "status", "number"),)


class JobReportRow(LeasedRow, Row):
    """The report card of a job: how the tuned model does on the validation file beside its base."""

    __tablename__ = "job_reports"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    id: Mapped[str] = synonym("job_id")
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    status: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[int]
    finished_at: Mapped[int | None]
    base_loss: Mapped[float | None]
    base_token_accuracy: Mapped[float | None]
    """Of the model that training began with, over the whole validation file; None for pairs."""
    grader: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    """Who decides which answer is better; None where none was named."""
    card: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    error_message: Mapped[str | None]
