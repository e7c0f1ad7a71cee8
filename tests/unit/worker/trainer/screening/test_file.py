"""Training files screened by a moderation model whose answers the test chooses."""

import json
import threading
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from tests.moderation import ScriptedModerator
from tests.unit.worker.support import Home, chat_lines
from understudy.config.safety import USUAL_SCREENING
from understudy.errors import (
    InvalidRequestError,
    ModerationFaultError,
    UnavailableError,
    UnderstudyError,
)
from understudy.jobs.lifecycle import JobStatus
from understudy.registry.moderation import ScreeningAction, ScreeningMode
from understudy.safety.screening.choice import choose_lines
from understudy.storage import screenings
from understudy.storage.tables.screenings import ScreeningRow
from understudy.worker.trainer.attempt import attempt

HATE = {"hate": 0.9}
BLOCK = replace(USUAL_SCREENING, action=ScreeningAction.BLOCK, blocked_share=0.2)
AWAY = UnavailableError("The moderation model is away.", code="moderation_unavailable")
NONSENSE = ModerationFaultError("It cannot be read.", code="moderation_unreadable")


def lines(*answers: str) -> bytes:
    """Twelve lines; the answers are those of the first ones."""
    plain = [*answers, *["Sunny"] * (12 - len(answers))]
    return b"".join(chat_lines(1, answer) for answer in plain)


def screened(home: Home, content: bytes, moderator: ScriptedModerator | None, **policy: object):
    home.context.screening.moderator = moderator
    home.context.screening.policy = replace(home.context.screening.policy, **policy)
    job = home.create_job(content, epochs=1)
    home.attempt()
    return home.job(job.id)


def row_of(home: Home, job_id: str) -> ScreeningRow:
    with home.database.read() as session:
        row = screenings.find_screening(session, job_id)
        assert row is not None
        return row


def messages(home: Home, job_id: str) -> list[tuple[str, str]]:
    return [(event.level, event.message) for event in home.events(job_id)]


def test_without_a_moderation_model_the_job_says_that_nothing_was_screened(home: Home):
    job = screened(home, lines(), None)
    assert job.status == JobStatus.SUCCEEDED
    row = row_of(home, job.id)
    assert (row.status, row.lines_screened) == ("not_screened", 0)
    said = [text for level, text in messages(home, job.id) if level == "warn"]
    assert said == [
        "Safety checks were not run: no moderation model is configured. The training file was not "
        "screened."
    ]


def test_a_file_without_a_finding_is_screened(home: Home):
    job = screened(home, lines(), ScriptedModerator())
    assert job.status == JobStatus.SUCCEEDED
    row = row_of(home, job.id)
    assert (row.status, row.lines_total, row.lines_screened) == ("screened", 12, 12)
    assert any("screened 12 line(s)" in text for level, text in messages(home, job.id))


def test_flagged_lines_are_listed_and_only_warned_of_by_default(home: Home):
    moderator = ScriptedModerator(words={"vermin": HATE})
    job = screened(home, lines("Sunny", "They are\nvermin."), moderator)
    assert job.status == JobStatus.SUCCEEDED
    with home.database.read() as session:
        (line,) = screenings.list_lines(session, job.id, after=0, limit=10)
        assert (line.line, line.scores, line.excerpt) == (2, HATE, "They are vermin.")
    (warned,) = [text for level, text in messages(home, job.id) if "flagged" in text]
    assert "hate (1). Flagged lines: 2." in warned


def test_too_many_flagged_lines_block_the_file_in_openais_words(home: Home):
    home.context.screening.policy = BLOCK
    bad = ["vermin"] * 3
    job = screened(home, lines("Sunny", *bad), ScriptedModerator(words={"vermin": HATE}))
    assert (job.status, job.error_code, job.error_param) == (
        JobStatus.FAILED,
        "unsafe_file",
        "training_file",
    )
    assert "This training file was blocked because too many examples were flagged" in (
        job.error_message or ""
    )
    assert "in the following categories: hate. Flagged lines: 2, 3, 4." in (job.error_message or "")


def test_a_share_that_is_allowed_blocks_nothing_but_one_line_of_zero_tolerance_does(home: Home):
    home.context.screening.policy = BLOCK
    words = {"vermin": HATE, "minor": {"sexual/minors": 0.8}}
    allowed = screened(home, lines("vermin", "vermin"), ScriptedModerator(words=words))
    assert allowed.status == JobStatus.SUCCEEDED
    blocked = screened(home, lines("minor"), ScriptedModerator(words=words))
    assert (blocked.error_code, "sexual/minors" in (blocked.error_message or "")) == (
        "unsafe_file",
        True,
    )


def test_false_positives_are_not_counted_and_what_was_judged_is_not_judged_again(home: Home):
    home.context.screening.policy = BLOCK
    moderator = ScriptedModerator(words={"knife": {"violence": 0.9}})
    content = lines(*["A tactical knife"] * 4)
    blocked = screened(home, content, moderator)
    assert blocked.error_code == "unsafe_file"
    with home.database.write() as session:
        row = screenings.find_screening(session, blocked.id)
        assert row is not None
        screenings.mark_lines(session, row, [1, 2], is_marked=True, now=1)
    moderator.asked.clear()
    passed = screened(home, content, moderator)
    assert passed.status == JobStatus.SUCCEEDED
    assert moderator.asked == []
    assert row_of(home, passed.id).counts == {"violence": 4}


def test_thresholds_flag_instead_of_the_verdict(home: Home):
    moderator = ScriptedModerator(words={"rats": {"hate": 0.6, "harassment": 0.3}})
    job = screened(home, lines("rats"), moderator, thresholds={"hate": 0.7, "harassment": 0.25})
    assert row_of(home, job.id).counts == {"harassment": 1}


def test_screening_that_is_off_is_said_and_asks_nobody(home: Home):
    moderator = ScriptedModerator()
    job = screened(home, lines(), moderator, mode=ScreeningMode.OFF)
    assert (job.status, moderator.asked) == (JobStatus.SUCCEEDED, [])
    assert row_of(home, job.id).reason == "screening is off in understudy.toml"


def fail_from(count: int, error: UnderstudyError):
    asked = iter(range(10_000))
    return lambda text: error if text and next(asked) >= count else None


def test_a_model_that_goes_away_leaves_the_rest_unscreened_and_never_clean(home: Home):
    job = screened(home, lines(), ScriptedModerator(fails=fail_from(10, AWAY)))
    assert job.status == JobStatus.SUCCEEDED
    row = row_of(home, job.id)
    assert row.status == "incomplete"
    assert row.lines_screened < 12
    assert any(
        level == "warn" and "incomplete: The moderation model is away" in text
        for level, text in messages(home, job.id)
    )


@pytest.mark.parametrize("moderator", [None, ScriptedModerator(fails=lambda _: AWAY)])
def test_a_required_screening_that_was_not_there_refuses_the_job(
    home: Home, moderator: ScriptedModerator | None
):
    job = screened(home, lines(), moderator, is_required=True)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "not_screened")
    assert row_of(home, job.id).status == "not_screened"


@pytest.mark.parametrize("error", [NONSENSE, InvalidRequestError("too long")])
def test_a_line_that_cannot_be_judged_is_counted_as_that(home: Home, error: UnderstudyError):
    moderator = ScriptedModerator(fails=lambda text: error if "odd" in text else None)
    job = screened(home, lines("odd"), moderator)
    row = row_of(home, job.id)
    assert (row.status, row.lines_screened, row.lines_unjudged) == ("incomplete", 11, 1)
    refused = screened(home, lines("odd"), moderator, is_required=True)
    assert refused.error_code == "not_screened"


def test_a_model_that_only_says_nonsense_is_given_up(home: Home):
    moderator = ScriptedModerator(fails=lambda text: NONSENSE if text else None)
    content = b"".join(chat_lines(1, f"Sunny {n}") for n in range(64))
    job = screened(home, content, moderator)
    row = row_of(home, job.id)
    assert (row.status, row.lines_screened) == ("not_screened", 0)
    assert "20 lines in a row" in (row.reason or "")


def test_a_guard_that_flags_all_lists_what_it_can_and_counts_the_rest(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("understudy.jobs.screening.record.MAX_LISTED", 5)
    job = screened(home, lines(), ScriptedModerator(words={"": HATE}))
    row = row_of(home, job.id)
    assert (row.lines_flagged, row.counts) == (12, {"hate": 12})
    with home.database.read() as session:
        assert screenings.count_lines(session, job.id) == 5


def test_a_category_that_nobody_knows_is_other_and_counts(home: Home):
    class Odd(ScriptedModerator):
        async def judge(self, conversation):
            judged = await super().judge(conversation)
            return replace(judged, is_flagged="heresy" in (conversation[-1].content or ""))

    job = screened(home, lines("heresy"), Odd())
    assert row_of(home, job.id).counts == {"other": 1}


def test_a_killed_attempt_is_continued_where_it_was(home: Home):
    stops = threading.Event()
    content = b"".join(chat_lines(1, f"Sunny {n}") for n in range(64))

    def stop(text: str) -> None:
        if "Sunny 40" in text:
            stops.set()

    home.context.screening.moderator = ScriptedModerator(fails=stop)
    job = home.create_job(content, epochs=1)
    attempt(home.claim(), home.database, home.context, stops)
    row = row_of(home, job.id)
    assert (row.status, row.next_line) == ("screening", 33)
    again = ScriptedModerator()
    home.context.screening.moderator = again
    home.attempt()
    assert row_of(home, job.id).lines_screened == 64
    # The question at their heads is the same, so that it is judged once.
    assert len(again.asked) == 1 + 32
    assert home.job(job.id).status == JobStatus.SUCCEEDED


def test_a_million_lines_are_sampled_in_little_memory(tmp_path: Path):
    path = tmp_path / "large.jsonl"
    line = json.dumps({"messages": [{"role": "user", "content": "x"}]}).encode() + b"\n"
    with path.open("wb") as file:
        for _ in range(100):
            file.write(line * 10_000)
    tracemalloc.start()
    with path.open("rb") as file:
        chosen = choose_lines(file, USUAL_SCREENING, seed="a")
    with path.open("rb") as file:
        numbers = [number for number, _ in chosen.of(file)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (chosen.total, chosen.wanted, len(numbers)) == (1_000_000, 1000, 1000)
    assert peak < 4 * 1024**2
    with path.open("rb") as file:
        again = choose_lines(file, USUAL_SCREENING, seed="a")
    assert again == chosen
