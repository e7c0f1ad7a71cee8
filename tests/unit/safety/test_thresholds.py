"""What is flagged by thresholds, and by a moderation model's verdict where there is none."""

import pytest

from understudy.safety.judgement import CategoryJudgement, ModerationJudgement
from understudy.safety.thresholds import flags_of


def judgement(*, is_flagged: bool, **scores: tuple[float, bool]) -> ModerationJudgement:
    return ModerationJudgement(
        moderator="m",
        categories={
            name: CategoryJudgement(score=score, is_flagged=flagged)
            for name, (score, flagged) in scores.items()
        },
        is_flagged=is_flagged,
    )


@pytest.mark.parametrize(
    ("score", "verdict", "thresholds", "flagged"),
    [
        (0.6, True, {}, True),
        (0.6, True, {"hate": 0.7}, False),
        (0.7, False, {"hate": 0.7}, True),
        (0.6, True, {"violence": 0.1}, True),
    ],
)
def test_a_threshold_decides_instead_of_the_verdict(
    score: float, verdict: bool, thresholds: dict[str, float], flagged: bool
):
    flags = flags_of(judgement(is_flagged=verdict, hate=(score, verdict)), thresholds)
    assert flags.is_flagged is flagged
    assert flags.categories == (frozenset({"hate"}) if flagged else frozenset())


def test_a_text_that_is_flagged_without_a_category_stays_flagged():
    flags = flags_of(judgement(is_flagged=True, hate=(0.1, False)), {"hate": 0.5})
    assert (flags.is_flagged, flags.categories) == (True, frozenset())
