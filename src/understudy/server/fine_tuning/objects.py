"""Jobs, events and checkpoints as the objects that stand on the wire."""

from typing import Literal, cast

from understudy.jobs.integrations import WandbIntegration
from understudy.jobs.views import CheckpointView, EventView, JobView
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.schemas.evals.report_cards import JobReport
from understudy.schemas.fine_tuning.hyperparameters import Hyperparameters
from understudy.schemas.fine_tuning.integrations import Integration, WandbRun
from understudy.schemas.fine_tuning.jobs import (
    FineTuningCheckpoint,
    FineTuningEvent,
    FineTuningJob,
    JobError,
    JobMethod,
    SupervisedMethod,
)
from understudy.storage.tables.evals import JobReportRow


def job_object(view: JobView) -> FineTuningJob:
    """Write a job."""
    hyperparameters = _hyperparameters(view.hyperparameters)
    error = view.error
    return FineTuningJob(
        id=view.id,
        model=view.model,
        created_at=view.created_at,
        finished_at=view.finished_at,
        fine_tuned_model=view.fine_tuned_model,
        organization_id=f"org-{view.organization}",
        result_files=view.result_files,
        status=view.status.value,
        validation_file=view.validation_file,
        training_file=view.training_file,
        hyperparameters=hyperparameters,
        trained_tokens=view.trained_tokens,
        error=error and JobError(code=error.code, message=error.message, param=error.param),
        user_provided_suffix=view.suffix,
        seed=view.seed,
        estimated_finish=view.estimated_finish,
        integrations=[_integration(one, view.id) for one in view.integrations],
        method=JobMethod(supervised=SupervisedMethod(hyperparameters=hyperparameters)),
        metadata=None if view.metadata is None else dict(view.metadata),
    )


def _integration(one: WandbIntegration, job_id: str) -> Integration:
    run = WandbRun(
        project=one.project,
        entity=one.entity,
        name=one.name,
        tags=one.tags or None,
        run_id=job_id,
    )
    return Integration(wandb=run)


def event_object(view: EventView) -> FineTuningEvent:
    """Write an event."""
    return FineTuningEvent(
        id=view.id,
        created_at=view.created_at,
        level=cast(Literal["info", "warn", "error"], view.level),
        message=view.message,
        type=cast(Literal["message", "metrics"], view.type),
        data=None if view.data is None else dict(view.data),
    )


def checkpoint_object(view: CheckpointView) -> FineTuningCheckpoint:
    """Write a checkpoint."""
    return FineTuningCheckpoint(
        id=view.id,
        created_at=view.created_at,
        fine_tuned_model_checkpoint=view.model_name,
        fine_tuning_job_id=view.job_id,
        step_number=view.step,
        metrics=dict(view.metrics),
    )


def report_card_object(row: JobReportRow) -> JobReport:
    """Write the report card of a job."""
    return JobReport(
        job_id=row.job_id,
        status=cast(Literal["waiting", "queued", "completed", "failed"], row.status),
        created_at=row.created_at,
        finished_at=row.finished_at,
        base_loss=row.base_loss,
        base_token_accuracy=row.base_token_accuracy,
        card=row.card,
        error=row.error_message,
    )


def _hyperparameters(values: JobHyperparameters) -> Hyperparameters:
    return Hyperparameters(
        n_epochs="auto" if values.n_epochs is None else values.n_epochs,
        batch_size="auto" if values.batch_size is None else values.batch_size,
        learning_rate_multiplier=(
            "auto" if values.learning_rate_multiplier is None else values.learning_rate_multiplier
        ),
    )
