"""Batches as the objects that stand on the wire."""

from understudy.schemas.batches import (
    Batch,
    BatchError,
    BatchErrors,
    BatchInputDetails,
    BatchOutputDetails,
    BatchRequestCounts,
    BatchStatus,
    BatchUsage,
)
from understudy.storage.tables.batches import BatchRow


def batch_object(row: BatchRow) -> Batch:
    """Write a batch; its counts and its usage are those of the answers that are recorded."""
    errors = row.errors
    return Batch(
        id=row.id,
        endpoint=row.endpoint,
        model=row.model,
        errors=None if errors is None else BatchErrors(data=[BatchError(**e) for e in errors]),
        input_file_id=row.input_file,
        status=BatchStatus(row.status),
        output_file_id=row.output_file,
        error_file_id=row.error_file,
        created_at=row.created_at,
        in_progress_at=row.in_progress_at,
        expires_at=row.expires_at,
        finalizing_at=row.finalizing_at,
        completed_at=row.completed_at,
        failed_at=row.failed_at,
        expired_at=row.expired_at,
        cancelling_at=row.cancelling_at,
        cancelled_at=row.cancelled_at,
        request_counts=BatchRequestCounts(
            total=row.total, completed=row.completed, failed=row.failed
        ),
        usage=BatchUsage(
            input_tokens=row.input_tokens,
            input_tokens_details=BatchInputDetails(cached_tokens=row.cached_tokens),
            output_tokens=row.output_tokens,
            output_tokens_details=BatchOutputDetails(reasoning_tokens=row.reasoning_tokens),
            total_tokens=row.input_tokens + row.output_tokens,
        ),
        metadata=row.pairs,
    )
