"""Shadows and their comparisons as the objects that stand on the wire."""

from understudy.distilling.agreement import Rate
from understudy.schemas.shadows import ComparedAnswer, Comparison, RespectRate, Shadow
from understudy.server.models.shadows import ShadowFacts
from understudy.storage.tables.model_aliases import ComparisonRow

_MAX_RESPECTS = 60
"""Answers of any shape may have any number of fields."""


def shadow_object(facts: ShadowFacts) -> Shadow:
    """Write a shadow with what it found so far."""
    alias, shadow = facts.shadowed
    return Shadow(
        id=alias.name,
        created_at=shadow.created_at,
        old=shadow.old,
        new=shadow.new,
        answers="new" if alias.model == shadow.new else "old",
        answers_since=shadow.answers_since,
        share=shadow.share,
        per_minute=shadow.per_minute,
        keep_answers=shadow.keeps_answers,
        calls=alias.calls,
        last_called_at=alias.last_called_at,
        compared=shadow.compared,
        failed=shadow.failed,
        skipped=shadow.skipped,
        last_error=shadow.last_error,
        last_error_at=shadow.last_error_at,
        agreement=[_rate(each) for each in facts.agreement[:_MAX_RESPECTS]],
        old_seconds=facts.old_seconds,
        new_seconds=facts.new_seconds,
    )


def comparison_object(row: ComparisonRow) -> Comparison:
    """Write one comparison."""
    texts = row.texts
    return Comparison(
        id=row.id,
        created_at=row.created_at,
        answered_by=row.answered_by,
        is_same=row.is_same,
        differs_in=[name for name, is_same in row.respects.items() if not is_same],
        old_seconds=row.old_seconds,
        new_seconds=row.new_seconds,
        question=None if texts is None else texts["question"],
        old=None if texts is None else ComparedAnswer.model_validate(texts["old"]),
        new=None if texts is None else ComparedAnswer.model_validate(texts["new"]),
    )


def _rate(rate: Rate) -> RespectRate:
    low, high = rate.interval
    return RespectRate(name=rate.name, total=rate.total, same=rate.same, low=low, high=high)
