"""What a model's card says of the screening of its training file."""

import pytest

from understudy.safety.model_card import NO_SCREENING, CardScreening


def screening(*, screened: int, total: int = 10, reason: str | None = None) -> CardScreening:
    return CardScreening(
        moderator="guard", total=total, screened=screened, flagged=1, reason=reason
    )


def test_a_file_of_which_every_line_was_judged_leaves_no_gap():
    whole = screening(screened=10)
    assert whole.checked == "The training file: guard judged 10 of its 10 lines and flagged 1."
    assert whole.not_checked is None


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (screening(screened=4), "6 of the 10 lines of the training file were not screened: they"),
        (screening(screened=4, reason="The guard is away."), "not screened: The guard is away."),
        (screening(screened=0, reason="it is off"), "was not screened: it is off."),
        (NO_SCREENING, "was not screened: the job is older than screenings."),
    ],
)
def test_what_was_not_judged_is_said(found: CardScreening, words: str):
    assert found.not_checked is not None
    assert words in found.not_checked
