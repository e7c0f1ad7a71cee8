"""The screening of a job's training file as the objects that stand on the wire."""

from collections.abc import Sequence

from understudy.jobs.screening.reasons import NOT_BEGUN, reason_of
from understudy.jobs.screening.review import (
    ReviewedLine,
    ScreeningView,
    is_blocked,
    status_of,
)
from understudy.safety.screening.policy import OTHER
from understudy.schemas.fine_tuning.screenings import (
    FlaggedLineObject,
    JobScreeningObject,
    ScreenedCategory,
)
from understudy.schemas.wording import wording_object
from understudy.storage.tables.jobs import JobRow


def screening_object(
    job: JobRow, view: ScreeningView, lines: Sequence[ReviewedLine], *, has_more: bool
) -> JobScreeningObject:
    """Write a screening with some of its flagged lines."""
    row, policy = view.row, view.policy
    reason = NOT_BEGUN if row is None else reason_of(row.reason)
    is_ended = job.error_code in ("unsafe_file", "not_screened")
    return JobScreeningObject(
        job_id=job.id,
        training_file=job.training_file,
        status=status_of(view).value,
        reason=reason,
        reason_wording=wording_object(reason),
        moderator=None if row is None else row.moderator,
        mode=None if policy is None else policy.mode.value,
        action=None if policy is None else policy.action.value,
        lines_total=0 if row is None else row.lines_total,
        lines_wanted=0 if row is None else row.lines_wanted,
        lines_screened=0 if row is None else row.lines_screened,
        lines_unjudged=0 if row is None else row.lines_unjudged,
        lines_flagged=0 if row is None else row.lines_flagged,
        lines_marked=view.lines_marked,
        is_blocked=is_blocked(view),
        can_continue=is_ended and not is_blocked(view),
        categories=[
            ScreenedCategory(
                category=each.category,
                flagged=each.flagged,
                marked=each.marked,
                share=(each.flagged - each.marked) / max(row.lines_screened if row else 0, 1),
                is_blocking=each.is_blocking,
            )
            for each in view.categories
        ],
        not_evaluated=[] if row is None else row.not_evaluated,
        data=[line_object(line) for line in lines],
        has_more=has_more,
    )


def line_object(line: ReviewedLine) -> FlaggedLineObject:
    """Write a flagged line."""
    scores = line.row.scores
    worst = max(scores, key=lambda name: (scores[name], name)) if scores else OTHER
    return FlaggedLineObject(
        line=line.row.line,
        category=worst,
        score=scores.get(worst),
        scores=scores,
        excerpt=line.row.excerpt,
        is_false_positive=line.is_marked,
    )
