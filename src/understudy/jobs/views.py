"""Jobs, events and checkpoints as values, free of the session that read their rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from understudy.jobs.integrations import WandbIntegration, integrations_of
from understudy.jobs.lifecycle import JobStatus
from understudy.planning.hyperparameters import JobHyperparameters, hyperparameters_from_json
from understudy.storage.tables.jobs import CheckpointRow, JobEventRow, JobRow


@dataclass(frozen=True, kw_only=True)
class JobError:
    """Why a job failed, in the words its owner reads."""

    code: str
    message: str
    param: str | None


@dataclass(frozen=True, kw_only=True)
class JobView:
    """A fine-tuning job as it was when it was read."""

    id: str
    project_id: str
    organization: str
    created_at: int
    finished_at: int | None
    status: JobStatus
    model: str
    training_file: str
    validation_file: str | None
    hyperparameters: JobHyperparameters
    """What was asked for (None is "auto") until the run starts, then the run's numbers."""
    seed: int
    suffix: str | None
    metadata: Mapping[str, str] | None
    integrations: tuple[WandbIntegration, ...]
    estimated_finish: int | None
    trained_tokens: int | None
    fine_tuned_model: str | None
    result_files: tuple[str, ...]
    error: JobError | None


@dataclass(frozen=True, kw_only=True)
class EventView:
    """One event of a job."""

    id: str
    created_at: int
    level: str
    type: str
    message: str
    data: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class CheckpointView:
    """One checkpoint of a job and the name under which it is served."""

    id: str
    job_id: str
    created_at: int
    step: int
    model_name: str
    metrics: Mapping[str, float]


def job_view(row: JobRow) -> JobView:
    """Read a job's row."""
    return JobView(
        id=row.id,
        project_id=row.project_id,
        organization=row.organization,
        created_at=row.created_at,
        finished_at=row.finished_at,
        status=JobStatus(row.status),
        model=row.model,
        training_file=row.training_file,
        validation_file=row.validation_file,
        hyperparameters=hyperparameters_from_json(row.resolved or row.requested),
        seed=row.seed,
        suffix=row.suffix,
        metadata={pair.key: pair.value for pair in row.pairs} or None,
        integrations=integrations_of(row.integrations),
        estimated_finish=row.estimated_finish,
        trained_tokens=row.trained_tokens,
        fine_tuned_model=row.fine_tuned_model,
        result_files=(row.result_file,) if row.result_file else (),
        error=_error(row),
    )


def event_view(row: JobEventRow) -> EventView:
    """Read an event's row."""
    return EventView(
        id=row.id,
        created_at=row.created_at,
        level=row.level,
        type=row.type,
        message=row.message,
        data=row.data,
    )


def checkpoint_view(row: CheckpointRow) -> CheckpointView:
    """Read a checkpoint's row."""
    return CheckpointView(
        id=row.id,
        job_id=row.job_id,
        created_at=row.created_at,
        step=row.step,
        model_name=row.model_name,
        metrics=row.metrics,
    )


def _error(row: JobRow) -> JobError | None:
    if row.error_code is None or row.error_message is None:
        return None
    return JobError(code=row.error_code, message=row.error_message, param=row.error_param)
