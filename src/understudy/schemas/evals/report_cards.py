"""Our own object below /v1/x/: the report card of a job."""

from typing import Any, Literal

from understudy.schemas.base import WireObject


class JobReport(WireObject):
    """How a tuned model answers what was held out, beside the model that it began with."""

    object: Literal["x.fine_tuning.job.report"] = "x.fine_tuning.job.report"
    job_id: str
    status: Literal["waiting", "queued", "completed", "failed"]
    """`waiting` while the job trains, `queued` while the answers are being made."""
    created_at: int
    finished_at: int | None
    base_loss: float
    base_token_accuracy: float
    card: dict[str, Any] | None
    """Null until it is complete."""
    error: str | None
