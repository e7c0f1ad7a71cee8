"""What follows from flagged lines: which categories block a job, by its project's policy."""

from collections.abc import Mapping
from typing import Any

from understudy.registry.moderation import ScreeningAction, ScreeningMode, ScreeningPolicy

OTHER = "other"
"""Stands for lines that are flagged without a category of ours."""


def blocking_categories(
    counts: Mapping[str, int], screened: int, policy: ScreeningPolicy
) -> tuple[str, ...]:
    """Return the categories that block a job: one flagged line too many, or any at all.

    `counts` are flagged lines without those that are marked as false positives.
    """
    if policy.action is not ScreeningAction.BLOCK:
        return ()
    allowed = policy.blocked_share * screened
    return tuple(
        category
        for category, count in sorted(counts.items())
        if count > (0 if category in policy.zero_tolerance else allowed)
    )


def policy_to_json(policy: ScreeningPolicy) -> dict[str, Any]:
    """Write a policy for its row."""
    return {
        "mode": policy.mode.value,
        "sample": policy.sample,
        "action": policy.action.value,
        "blocked_share": policy.blocked_share,
        "zero_tolerance": list(policy.zero_tolerance),
        "thresholds": dict(policy.thresholds),
        "is_required": policy.is_required,
    }


def policy_from_json(value: Mapping[str, Any]) -> ScreeningPolicy:
    """Read what `policy_to_json` wrote."""
    fields = dict(value)
    return ScreeningPolicy(
        mode=ScreeningMode(fields.pop("mode")),
        action=ScreeningAction(fields.pop("action")),
        zero_tolerance=tuple(fields.pop("zero_tolerance")),
        **fields,
    )


def finds_the_same(one: ScreeningPolicy, other: ScreeningPolicy) -> bool:
    """Say whether two policies flag the same lines of a file, whatever follows from them."""
    is_all = one.mode is other.mode is ScreeningMode.ALL
    has_same_lines = is_all or (one.mode is other.mode and one.sample == other.sample)
    return has_same_lines and dict(one.thresholds) == dict(other.thresholds)
