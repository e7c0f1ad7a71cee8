"""What is flagged by a project's thresholds, from what a moderation model found."""

from collections.abc import Mapping
from dataclasses import dataclass

from understudy.safety.judgement import ModerationJudgement


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What of one judged text is flagged."""

    categories: frozenset[str]
    is_flagged: bool
    """True also where the moderation model flags the text without a category of ours."""


def flags_of(judgement: ModerationJudgement, thresholds: Mapping[str, float]) -> Flags:
    """Return what is flagged: from its threshold on, or by the moderation model's own verdict."""
    flagged = frozenset(
        name
        for name, category in judgement.categories.items()
        if (category.score >= thresholds[name] if name in thresholds else category.is_flagged)
    )
    has_named = any(category.is_flagged for category in judgement.categories.values())
    return Flags(
        categories=flagged, is_flagged=bool(flagged) or (judgement.is_flagged and not has_named)
    )
