"""`fuzzy_match`: rapidfuzz's weighted ratio, kept from taking hours over long texts."""

from rapidfuzz import fuzz, process, utils

from understudy.wording import worded

# Where lengths differ so much, the shorter text is tried at every place of the longer one, which
# takes time with the third power of the lengths: 0.5 s for 4,000 against 2,000 characters.
_TRIED_EVERYWHERE_FROM = 1.4
# About ten seconds.
_MAX_STEPS = 3e11
# About ten milliseconds.
_FEW_STEPS = 3e8


class TooLongError(ValueError):
    """The texts are too long to be compared; the message says so."""


def fuzzy_match(text: str, reference: str) -> float:
    """Return how alike two texts are, up to case and punctuation; raises TooLongError."""
    left, right = utils.default_process(text), utils.default_process(reference)
    steps = _steps(len(left), len(right))
    if steps > _MAX_STEPS:
        raise TooLongError(
            worded(
                "graders.fuzzy_match_cannot_compare",
                "fuzzy_match cannot compare {words} with {reference} characters in "
                "reasonable time; use rouge_l or bleu for such texts",
                words=len(text),
                reference=len(reference),
            )
        )
    if steps < _FEW_STEPS:
        return fuzz.WRatio(left, right) / 100
    # Unlike a single call, this lets other threads run.
    scores = process.cdist([left], [right], scorer=fuzz.WRatio, dtype=float)
    return float(scores[0][0]) / 100


def _steps(one: int, other: int) -> float:
    shorter, longer = sorted((one, other))
    return float(longer) * shorter**2 if longer >= _TRIED_EVERYWHERE_FROM * shorter else 0.0
