"""The tables of jobs, of the attempts at them, and of the models that come of them."""

from typing import Any

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from understudy.storage.tables.base import JSON_VALUE, SERIAL, Row
from understudy.storage.tables.leased import LeasedRow

# What jobs did before they could do anything else.
_LORA = '{"trained":"lora","rank":16,"alpha":32.0,"targets":[]}'


class JobRow(LeasedRow, Row):
    """A fine-tuning job: what was asked for, how far it is, and who may write to it."""

    __tablename__ = "jobs"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    organization: Mapped[str]
    created_at: Mapped[int]
    finished_at: Mapped[int | None]

    desired: Mapped[str]
    stalled_since: Mapped[float | None]
    """When the first attempt since the last new step or checkpoint was claimed."""
    resume_step: Mapped[int | None]
    """The step of the snapshot that a pause took, until a later checkpoint makes it useless."""
    resume_directory: Mapped[str | None]

    model: Mapped[str]
    """The resolved name users see: a base, an alias, or the tuned model that is continued."""
    base_name: Mapped[str]
    """The name of the original base that goes into the tuned model's name."""
    base: Mapped[str]
    base_directory: Mapped[str]
    continued_directory: Mapped[str | None]
    training_file: Mapped[str]
    training_blob: Mapped[str] = mapped_column(String(64))
    validation_file: Mapped[str | None]
    validation_blob: Mapped[str | None] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(server_default="supervised")
    """How it learns, as requests name it."""
    reinforcement: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    """Of a reinforcement job, what is rewarded: `planning/reinforcement.settings_to_json`."""
    eval_id: Mapped[str | None]
    """The eval whose runs are the job's validations, once there is one; it may be deleted."""
    tuning: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE, server_default=_LORA)
    """What is trained of the model, decided when the job was created."""
    teaching: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    """Whose probabilities it learns and how; empty where it learns the answers alone."""
    safety_mix: Mapped[float | None]
    """The share of trained examples that are safe demonstrations; None mixes none in."""
    created_by: Mapped[dict[str, str] | None] = mapped_column(JSON_VALUE)
    """The id, name and hint of the key that created it; None for jobs older than this column."""
    requested: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    resolved: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    renderer_hash: Mapped[str | None]
    """Tokenizer and template that the training tokens come from; empty until training starts."""
    template_date: Mapped[str | None]
    """The day that the template prints in training, where it prints one: the operator's, or that on
    which training started."""
    splits_turns: Mapped[bool] = mapped_column(server_default=false())
    """Whether an example that the template rewrites becomes one a learned turn."""
    seed: Mapped[int]
    suffix: Mapped[str | None]
    identifier: Mapped[str]
    """The last part of the final model's name, decided once so that every attempt agrees."""

    estimated_finish: Mapped[int | None]
    trained_tokens: Mapped[int | None]
    fine_tuned_model: Mapped[str | None]
    result_file: Mapped[str | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    error_wording: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    error_param: Mapped[str | None]

    pairs: Mapped[list["JobMetadataRow"]] = relationship(lazy="selectin")
    integrations: Mapped[list["JobIntegrationRow"]] = relationship(
        lazy="selectin", order_by="JobIntegrationRow.position"
    )

    __table_args__ = (
        Index(None, "status", "seq"),
        {"sqlite_autoincrement": True},
    )


class JobMetadataRow(Row):
    """One key and value of a job's metadata."""

    __tablename__ = "job_metadata"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class JobIntegrationRow(Row):
    """One run of Weights & Biases that a job reports to."""

    __tablename__ = "job_integrations"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    project: Mapped[str]
    entity: Mapped[str | None]
    name: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(JSON_VALUE)


class AttemptRow(Row):
    """One worker's hold on a job; it is open while `exit_reason` is empty."""

    __tablename__ = "attempts"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    worker_id: Mapped[str]
    claimed_at: Mapped[float]
    ended_at: Mapped[float | None]
    exit_reason: Mapped[str | None]


class JobEventRow(Row):
    """One event of a job; `key` names the fact, so that no fact is written twice."""

    __tablename__ = "job_events"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(unique=True)
    key: Mapped[str]
    created_at: Mapped[int]
    level: Mapped[str]
    type: Mapped[str]
    message: Mapped[str]
    data: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    wording: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    """What the message says, as `wording.Sentence.to_json` writes it."""

    __table_args__ = (UniqueConstraint("job_id", "key"),)


class CheckpointRow(Row):
    """A checkpoint that is complete on disk; this row is what makes it true."""

    __tablename__ = "checkpoints"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(unique=True)
    model_name: Mapped[str]
    directory: Mapped[str]
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    renderer_hash: Mapped[str]
    metrics: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    epoch: Mapped[int]
    created_at: Mapped[int]

    __table_args__ = (
        ForeignKeyConstraint(["job_id", "epoch"], ["attempts.job_id", "attempts.epoch"]),
    )


class TunedModelRow(Row):
    """A tuned model or a live checkpoint, as it can be served."""

    __tablename__ = "tuned_models"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str]
    kind: Mapped[str]
    base_name: Mapped[str]
    """The base's name as users see it."""
    base: Mapped[str]
    """The base's name in the catalogue."""
    trained: Mapped[str] = mapped_column(server_default="lora")
    """Whether the directory holds an adapter beside that base, or a whole model."""
    directory: Mapped[str]
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), index=True)
    step: Mapped[int]
    renderer_hash: Mapped[str]
    template_date: Mapped[str | None]
    """The day that the template printed in training, where it prints one."""
    organization: Mapped[str]
    created_at: Mapped[int]
    system_prompt: Mapped[str | None]
    """Said before a conversation that has no instructions of its own."""
    label_calibration: Mapped[dict[str, Any] | None] = mapped_column(JSON_VALUE)
    """The answers that it was taught to choose from, with the temperature that calibrates their
    probabilities; null where its data has no closed set of answers."""

    __table_args__ = (
        UniqueConstraint("project_id", "name"),
        {"sqlite_autoincrement": True},
    )
