"""Our own object below /v1/x/: the report card of a job."""

from collections.abc import Sequence
from typing import Any, Literal

from understudy.schemas.base import StrictRequest, WireObject
from understudy.schemas.evals.graders import WireGrader


class RemakeReport(StrictRequest):
    """Who decides in a report card that is made again, of a job over pairs."""

    grader: WireGrader | None = None
    """Sees each sampled answer as `sample`; `item.question`, `item.input`, `item.preferred` and
    `item.non_preferred` are the pair's. Null stands for closeness to the preferred answer."""


class ReportedSafety(WireObject):
    """What the safety check of a job's tuned model says; nothing in it calls a model clean."""

    model: str | None
    """Null while the job has made none."""
    status: Literal["not_checked", "queued", "completed", "failed"]
    is_screened: bool
    """Whether a moderation model judged answers, in one category at least; false is not clean."""
    held_because: str | None
    """Null where the model may answer, which says nothing of what was checked."""
    moderator: str | None
    """The moderation model that judged; null where none did."""
    sentence: str
    """What was found, or that nothing was checked."""
    gaps: Sequence[str]
    """What the check could not look at."""
    results: Sequence[dict[str, Any]] | None
    """By category, the change with its interval; what was not judged is null, never false."""
    refusals: dict[str, Any] | None
    """Probes and harmless twins declined by base and tuned model, found by rules."""


class JobReport(WireObject):
    """How a tuned model answers what was held out, beside the model that it began with."""

    object: Literal["x.fine_tuning.job.report"] = "x.fine_tuning.job.report"
    job_id: str
    status: Literal["waiting", "queued", "completed", "failed"]
    """`waiting` while the job trains, `queued` while the answers are being made."""
    created_at: int
    finished_at: int | None
    base_loss: float | None
    base_token_accuracy: float | None
    """Null for jobs over pairs: nothing is measured before those begin."""
    grader: dict[str, Any] | None
    """Who decides which answer is better; null where none was named."""
    card: dict[str, Any] | None
    """Null until it is complete."""
    error: str | None
    safety: ReportedSafety
