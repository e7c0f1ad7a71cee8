"""Judgements as the objects that stand on the wire."""

from collections.abc import Mapping, Sequence

from understudy.safety.judgement import CategoryJudgement, InputType, ModerationJudgement
from understudy.safety.thresholds import flags_of
from understudy.schemas.moderations import (
    MODERATION_CATEGORIES,
    InlineResult,
    ModerationResult,
)


def moderation_result(
    judgement: ModerationJudgement, thresholds: Mapping[str, float]
) -> ModerationResult:
    """Write what was judged, and what was not: that is false and 0 only for the clients' types."""
    flags = flags_of(judgement, thresholds)
    judged = judgement.categories
    return ModerationResult(
        flagged=flags.is_flagged,
        categories={name: name in flags.categories for name in MODERATION_CATEGORIES},
        category_scores={
            name: judged[name].score if name in judged else 0.0 for name in MODERATION_CATEGORIES
        },
        category_applied_input_types={
            name: judged[name].applied_to if name in judged else []
            for name in MODERATION_CATEGORIES
        },
        not_evaluated=[name for name in MODERATION_CATEGORIES if name not in judged],
        other_flagged=sorted(flags.categories.difference(MODERATION_CATEGORIES)),
    )


def inline_result(judgement: ModerationJudgement, thresholds: Mapping[str, float]) -> InlineResult:
    """Write the same as the result of a request's own moderation."""
    found = moderation_result(judgement, thresholds)
    return InlineResult(model=judgement.moderator, **dict(found))


def merged(judgements: Sequence[ModerationJudgement]) -> ModerationJudgement:
    """Return what was found in several texts together: the worst of each category."""
    categories: dict[str, CategoryJudgement] = {}
    for judgement in judgements:
        for name, found in judgement.categories.items():
            before = categories.get(name, found)
            categories[name] = CategoryJudgement(
                score=max(before.score, found.score),
                is_flagged=before.is_flagged or found.is_flagged,
                applied_to=_both(before.applied_to, found.applied_to),
            )
    # A category that one of the texts was not judged in was not judged in all.
    everywhere = set(categories).intersection(*(set(each.categories) for each in judgements))
    return ModerationJudgement(
        moderator=judgements[0].moderator,
        categories={
            name: found
            for name, found in categories.items()
            if name in everywhere or found.is_flagged
        },
        is_flagged=any(judgement.is_flagged for judgement in judgements),
    )


def _both(some: tuple[InputType, ...], others: tuple[InputType, ...]) -> tuple[InputType, ...]:
    return tuple(dict.fromkeys((*some, *others)))
