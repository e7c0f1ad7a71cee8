"""Report cards of jobs as the objects that stand on the wire."""

from typing import Any, Literal, cast

from understudy.jobs.report_cards import JobReportCard
from understudy.registry.releases import ReleasePolicy
from understudy.safety.release import CheckState, CheckStatus, why_held
from understudy.schemas.evals.report_cards import JobReport, ReportedSafety


def report_card_object(card: JobReportCard, policy: ReleasePolicy) -> JobReport:
    """Write the report card of a job, under what the operator wants of tuned models."""
    row = card.row
    return JobReport(
        job_id=row.job_id,
        status=cast(Literal["waiting", "queued", "completed", "failed"], row.status),
        created_at=row.created_at,
        finished_at=row.finished_at,
        base_loss=row.base_loss,
        base_token_accuracy=row.base_token_accuracy,
        grader=row.grader,
        card=row.card,
        error=row.error_message,
        safety=_safety(card, policy),
    )


def _safety(card: JobReportCard, policy: ReleasePolicy) -> ReportedSafety:
    result: dict[str, Any] | None = None if card.check is None else card.check.result
    found = result or {}
    return ReportedSafety(
        model=card.model,
        status=card.state.status.value,
        is_screened=card.state.is_screened,
        held_because=None if card.model is None else why_held(policy, card.state),
        moderator=found.get("moderator") if card.state.is_screened else None,
        sentence=found.get("sentence") or _unchecked(card.state),
        gaps=found.get("gaps", []),
        results=found.get("results"),
        refusals=found.get("refusals"),
    )


def _unchecked(state: CheckState) -> str:
    match state.status:
        case CheckStatus.QUEUED:
            return "Not screened yet: the safety check is under way."
        case CheckStatus.FAILED:
            return f"Not screened: the safety check came to no result. {state.error or ''}".strip()
        case _:
            return "Not screened: nobody checked this model."
