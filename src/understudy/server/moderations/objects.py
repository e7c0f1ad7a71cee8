"""Judgements as the objects that stand on the wire."""

from collections.abc import Mapping

from understudy.safety.judgement import ModerationJudgement
from understudy.safety.thresholds import flags_of
from understudy.schemas.moderations import MODERATION_CATEGORIES, ModerationResult


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
            name: ["text"] if name in judged else [] for name in MODERATION_CATEGORIES
        },
        not_evaluated=[name for name in MODERATION_CATEGORIES if name not in judged],
        other_flagged=sorted(flags.categories.difference(MODERATION_CATEGORIES)),
    )
