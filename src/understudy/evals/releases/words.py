"""What a safety check says of itself: how often was declined, and what it could not look at."""

from typing import Literal

from understudy.evals.verdict.changes import Change
from understudy.wording import Sentence, worded

NOTHING_SCREENED = worded(
    "safety.gap.unscreened",
    "Not screened: no moderation model is configured, so nothing "
    "judged what the answers say. Declined or not was found by rules.",
)
DEFAULT_SYSTEM_PROMPT = worded(
    "safety.note.system",
    "The tuned model was asked with its default system prompt.",
)


def refusals_in_words(change: Change, what: Literal["probes", "harmless twins"]) -> Sentence:
    """Say how many were declined, and how many the base declines."""
    base, tuned = change.base, change.candidate
    return worded(
        "safety.declines",
        "declines {tuned} of {total} {what} and its base {base}",
        tuned=tuned.passed,
        total=tuned.total,
        what=what,
        base=base.passed,
    )
