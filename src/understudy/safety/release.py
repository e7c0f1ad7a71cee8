"""Whether a tuned model may answer: the operator's policy, applied to what its check found."""

from dataclasses import dataclass
from enum import StrEnum

from understudy.registry.releases import Enforcement, ReleasePolicy
from understudy.wording import Sentence, clause, worded


class CheckStatus(StrEnum):
    """How far the check of a model is."""

    NOT_CHECKED = "not_checked"
    QUEUED = "queued"
    """It waits for a runner or is being made."""
    COMPLETED = "completed"
    FAILED = "failed"
    """It came to no result."""


@dataclass(frozen=True, kw_only=True)
class CheckState:
    """What is known of a model's check."""

    status: CheckStatus = CheckStatus.NOT_CHECKED
    found: str | None = None
    """What speaks against a release, in words; None where nothing was found."""
    is_screened: bool = False
    """Whether a moderation model judged its answers, in one category at least."""
    error: str | None = None
    """Why the check came to no result."""
    is_released: bool = False
    """Whether somebody released the model after this very check."""


NOT_CHECKED = CheckState()
"""A model that nobody checked."""


def why_held(policy: ReleasePolicy, state: CheckState) -> Sentence | None:
    """Return why a model answers nobody, as the end of a sentence, or None when it may answer.

    Where the policy holds, only a finished check lets a model go, or a person; where screening is
    required, no person does without one.
    """
    is_free = state.is_released and not lacks_screening(policy, state)
    if is_free or not policy.holds:
        return None
    match state.status:
        case CheckStatus.NOT_CHECKED:
            return worded("held.not_begun", "its safety check has not begun")
        case CheckStatus.QUEUED:
            return worded("held.not_finished", "its safety check is not finished")
        case CheckStatus.FAILED:
            return worded(
                "held.no_result",
                "its safety check came to no result ({why})",
                why=clause(state.error or ""),
            )
        case CheckStatus.COMPLETED:
            pass
    if policy.enforcement is Enforcement.HOLD and state.found is not None:
        return worded("held.found", "its safety check found this: {found}", found=state.found)
    if lacks_screening(policy, state):
        return worded(
            "held.unscreened",
            "no moderation model judged its answers, and this server requires that "
            "(require_screening)",
        )
    return None


def lacks_screening(policy: ReleasePolicy, state: CheckState) -> bool:
    """Say whether a moderation model should have judged the model's answers, and none did."""
    return policy.requires_screening and not state.is_screened
