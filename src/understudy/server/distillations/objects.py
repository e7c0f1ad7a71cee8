"""Distillations as the objects that stand on the wire."""

from understudy.schemas.distillations import (
    Distillation,
    DistillationCounts,
    DistillationResult,
    DistillationRuns,
)
from understudy.storage.tables.distillations import DistillationRow


def distillation_object(row: DistillationRow) -> Distillation:
    """Write a distillation."""
    counts, result = row.counts, row.result
    return Distillation(
        id=row.id,
        created_at=row.created_at,
        finished_at=row.finished_at,
        status=row.status,  # pyright: ignore[reportArgumentType]  # the states are these
        step=row.step,
        request=row.request,
        counts=None if counts is None else DistillationCounts.model_validate(counts),
        training_file=row.training_file,
        validation_file=row.validation_file,
        provenance_file=row.provenance_file,
        job_id=row.job_id,
        eval_id=row.eval_id,
        runs=DistillationRuns(
            teacher=row.runs.get("teacher"),
            base=row.runs.get("base"),
            student=row.runs.get("student"),
        ),
        result=None if result is None else DistillationResult.model_validate(result),
        error=row.error_message,
    )
