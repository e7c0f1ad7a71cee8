"""Jobs, events and checkpoints as the objects that stand on the wire."""

from collections.abc import Mapping
from typing import Any, Literal, cast

from understudy.schemas.fine_tuning.hyperparameters import (
    Hyperparameters,
    PreferenceHyperparameters,
)
from understudy.schemas.fine_tuning.integrations import Integration, WandbRun
from understudy.schemas.fine_tuning.jobs import (
    FineTuningCheckpoint,
    FineTuningEvent,
    FineTuningJob,
    JobError,
    JobMethod,
    PreferenceMethod,
    SupervisedMethod,
)
from understudy.schemas.fine_tuning.permissions import Permission
from understudy.schemas.fine_tuning.reinforcement import (
    ReinforcementHyperparameters,
    ReinforcementMethod,
)
from understudy.schemas.wording import stored_wording
from understudy.storage.tables.jobs import CheckpointRow, JobEventRow, JobIntegrationRow, JobRow
from understudy.storage.tables.permissions import CheckpointPermissionRow


def job_object(row: JobRow) -> FineTuningJob:
    """Write a job."""
    # What was asked for, until the run starts and "auto" has become numbers.
    numbers = row.resolved or row.requested
    hyperparameters = Hyperparameters.model_validate(_shown(numbers, Hyperparameters))
    return FineTuningJob(
        id=row.id,
        model=row.model,
        created_at=row.created_at,
        finished_at=row.finished_at,
        fine_tuned_model=row.fine_tuned_model,
        organization_id=f"org-{row.organization}",
        result_files=[row.result_file] if row.result_file else [],
        status=row.status,
        validation_file=row.validation_file,
        training_file=row.training_file,
        hyperparameters=hyperparameters,
        trained_tokens=row.trained_tokens,
        error=_error(row),
        user_provided_suffix=row.suffix,
        seed=row.seed,
        estimated_finish=row.estimated_finish,
        integrations=[_integration(one, row.id) for one in row.integrations],
        method=_method(row, hyperparameters, numbers),
        metadata={pair.key: pair.value for pair in row.pairs} or None,
        eval_id=row.eval_id,
    )


def _shown(numbers: Mapping[str, Any], schema: type[Hyperparameters]) -> dict[str, Any]:
    shown = {name: value for name, value in numbers.items() if name in schema.model_fields}
    # The term is left out or has a weight; there is nothing to be chosen for it.
    if shown.get("sft_weight") is None:
        shown.pop("sft_weight", None)
    if "reasoning_effort" in shown:
        shown["reasoning_effort"] = shown["reasoning_effort"] or "default"
    return {name: "auto" if value is None else value for name, value in shown.items()}


def _method(row: JobRow, hyperparameters: Hyperparameters, numbers: Mapping[str, Any]) -> JobMethod:
    if row.method == "dpo":
        shown = PreferenceHyperparameters.model_validate(_shown(numbers, PreferenceHyperparameters))
        return JobMethod(type="dpo", dpo=PreferenceMethod(hyperparameters=shown))
    if row.reinforcement is not None:
        return JobMethod(type="reinforcement", reinforcement=_rewarded(row.reinforcement, numbers))
    supervised = SupervisedMethod(
        hyperparameters=hyperparameters, split_turns=row.splits_turns, safety_mix=row.safety_mix
    )
    return JobMethod(supervised=supervised)


def _rewarded(settings: Mapping[str, Any], numbers: Mapping[str, Any]) -> ReinforcementMethod:
    shown = _shown(numbers, ReinforcementHyperparameters)
    return ReinforcementMethod(
        grader=settings["grader"],
        response_format=settings["response_format"],
        shadow_grader=settings["shadow_grader"],
        preflight=settings["preflight"],
        hyperparameters=ReinforcementHyperparameters.model_validate(shown),
    )


def _integration(one: JobIntegrationRow, job_id: str) -> Integration:
    run = WandbRun(
        project=one.project,
        entity=one.entity,
        name=one.name,
        tags=one.tags or None,
        run_id=job_id,
    )
    return Integration(wandb=run)


def _error(row: JobRow) -> JobError | None:
    if row.error_code is None or row.error_message is None:
        return None
    return JobError(
        code=row.error_code,
        message=row.error_message,
        param=row.error_param,
        wording=stored_wording(row.error_wording),
    )


def event_object(row: JobEventRow) -> FineTuningEvent:
    """Write an event."""
    return FineTuningEvent(
        id=row.id,
        created_at=row.created_at,
        level=cast(Literal["info", "warn", "error"], row.level),
        message=row.message,
        type=cast(Literal["message", "metrics", "moderation_checks"], row.type),
        data=row.data,
        wording=stored_wording(row.wording),
    )


def checkpoint_object(row: CheckpointRow) -> FineTuningCheckpoint:
    """Write a checkpoint."""
    return FineTuningCheckpoint(
        id=row.id,
        created_at=row.created_at,
        fine_tuned_model_checkpoint=row.model_name,
        fine_tuning_job_id=row.job_id,
        step_number=row.step,
        metrics=row.metrics,
    )


def permission_object(row: CheckpointPermissionRow) -> Permission:
    """Write a permission."""
    return Permission(id=row.id, created_at=row.created_at, project_id=row.project_id)
