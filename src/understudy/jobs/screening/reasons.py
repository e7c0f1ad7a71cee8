"""Why nothing of a training file was screened, in our own words."""

from understudy.wording import Sentence, in_others_words, worded

NO_MODERATOR = worded("job.screening.no_moderator", "no moderation model is configured")
IS_OFF = worded("job.screening.off", "screening is off in understudy.toml")
NOT_BEGUN = worded(
    "job.screening.not_begun",
    "the job has not begun to screen its file, or is older than screening",
)
_OURS = {str(reason): reason for reason in (NO_MODERATOR, IS_OFF, NOT_BEGUN)}


def reason_of(stored: str | None) -> Sentence | None:
    """Return a stored reason; those of moderation models are in their own words."""
    return None if stored is None else _OURS.get(stored, in_others_words(stored))
