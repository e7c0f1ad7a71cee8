"""Rows and views as the objects that stand on the wire."""

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar, cast

from understudy.jobs.hyperparameters import RequestedHyperparameters
from understudy.jobs.views import CheckpointView, EventView, JobView
from understudy.registry.catalogue import Catalogue, ResolvedBase
from understudy.schemas.files import RESULT_PURPOSE, FileObject
from understudy.schemas.fine_tuning import (
    FineTuningCheckpoint,
    FineTuningEvent,
    FineTuningJob,
    JobError,
    JobMethod,
    SupervisedMethod,
)
from understudy.schemas.hyperparameters import Hyperparameters
from understudy.schemas.lists import HasId, PageWithIds
from understudy.schemas.lists import Page as WirePage
from understudy.schemas.models import ModelObject
from understudy.storage.paging import Page
from understudy.storage.rows import FileRow, TunedModelRow

Stored = TypeVar("Stored")
Wire = TypeVar("Wire", bound=HasId)


def page_object(page: Page[Stored], convert: Callable[[Stored], Wire]) -> WirePage[Wire]:
    """Write a page whose type has no first and last id."""
    return WirePage(data=[convert(item) for item in page.items], has_more=page.has_more)


def page_with_ids(page: Page[Stored], convert: Callable[[Stored], Wire]) -> PageWithIds[Wire]:
    """Write a page whose type names its ends."""
    data = [convert(item) for item in page.items]
    return PageWithIds(
        data=data,
        has_more=page.has_more,
        first_id=data[0].id if data else None,
        last_id=data[-1].id if data else None,
    )


def file_object(row: FileRow, *, results_as_base64: bool) -> FileObject:
    """Write a file; `bytes` is what its download will bring."""
    is_encoded = results_as_base64 and row.purpose == RESULT_PURPOSE
    return FileObject(
        id=row.id,
        purpose=row.purpose,
        filename=row.filename,
        bytes=base64_length(row.bytes) if is_encoded else row.bytes,
        created_at=row.created_at,
        expires_at=row.expires_at,
        status=cast(Literal["processed", "error"], row.status),
        status_details=row.status_details,
    )


def base64_length(length: int) -> int:
    """Return how many characters base64 makes of `length` bytes."""
    return -(-length // 3) * 4


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
        integrations=(),
        method=JobMethod(supervised=SupervisedMethod(hyperparameters=hyperparameters)),
        metadata=None if view.metadata is None else dict(view.metadata),
    )


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


def full_model_name(catalogue: Catalogue, model: str | None) -> str | None:
    """Return the name that answers carry: an alias may be written without its date."""
    resolved = catalogue.resolve(model) if model is not None else None
    return resolved.name if resolved is not None else model


def base_object(resolved: ResolvedBase) -> ModelObject:
    """Write a base model, or an alias of one."""
    return ModelObject(id=resolved.name, created=resolved.base.created, owned_by="system")


def tuned_object(row: TunedModelRow) -> ModelObject:
    """Write a tuned model or a checkpoint."""
    return ModelObject(id=row.name, created=row.created_at, owned_by=row.organization)


def model_objects(
    bases: Sequence[ResolvedBase], tuned: Sequence[TunedModelRow]
) -> list[ModelObject]:
    """Write everything that can be served: bases, aliases, tuned models and checkpoints."""
    return [base_object(base) for base in bases] + [tuned_object(row) for row in tuned]


def _hyperparameters(values: RequestedHyperparameters) -> Hyperparameters:
    return Hyperparameters(
        n_epochs="auto" if values.n_epochs is None else values.n_epochs,
        batch_size="auto" if values.batch_size is None else values.batch_size,
        learning_rate_multiplier=(
            "auto" if values.learning_rate_multiplier is None else values.learning_rate_multiplier
        ),
    )
