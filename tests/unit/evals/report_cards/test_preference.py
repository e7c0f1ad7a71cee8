"""Report cards of jobs over pairs, over trials made by hand."""

import pytest

from understudy.evals.report_cards.preference import (
    JudgedAnswer,
    PreferenceCard,
    PreferenceTrial,
    closeness,
)

MERRY, FORMAL = "Hi Ada! How is Oslo?", "Good day, Ada of Oslo."


def trial(line: int, base: str, tuned: str, *, prompt: bytes | None = None) -> PreferenceTrial:
    judged = [closeness(text, preferred=MERRY, non_preferred=FORMAL) for text in (base, tuned)]
    return PreferenceTrial(
        line=line,
        prompt=prompt or str(line).encode(),
        question=f"q{line}",
        preferred=MERRY,
        non_preferred=FORMAL,
        base=judged[0],
        tuned=judged[1],
    )


def card(*trials: PreferenceTrial, ungraded: int = 0) -> PreferenceCard:
    return PreferenceCard(
        base_model="ft:start",
        tuned_model="ft:end",
        held_out=80,
        unanswered=0,
        ungraded=ungraded,
        judged_by=None,
        metrics={"full_valid_reward_accuracy": 1.0},
        trials=trials,
    )


def test_what_both_answers_of_the_file_share_says_nothing_about_a_sample():
    shared = closeness("Ada", preferred=MERRY, non_preferred=FORMAL)
    assert closeness(MERRY, preferred=MERRY, non_preferred=FORMAL).has_passed
    assert closeness("Hi Bob! How is Rome?", preferred=MERRY, non_preferred=FORMAL).score > 0
    assert closeness(FORMAL, preferred=MERRY, non_preferred=FORMAL).score < 0
    assert (closeness("", preferred=MERRY, non_preferred=FORMAL).score, shared.has_passed) == (
        0.0,
        False,
    )


def test_a_model_that_wins_nearly_everywhere_is_better():
    found = card(
        *(trial(line, FORMAL, MERRY) for line in range(18)),
        trial(18, MERRY, FORMAL),
        trial(19, MERRY, MERRY),
    )
    won = found.win_rate
    assert (won.wins, won.losses, won.ties, won.verdict) == (18, 1, 1, "better")
    assert won.rate == pytest.approx((18 + 0.5) / 20)
    assert won.interval is not None
    assert 0.5 < won.interval.low < won.rate < won.interval.high <= 1.0
    # The sign test over 19 trials that differ: 2 * (1 + 19) / 2 ** 19.
    assert won.found.p_value == pytest.approx(2 * 20 / 2**19)
    assert (found.passing.base.passed, found.passing.candidate.passed) == (2, 19)
    assert "18 wins, 1 losses, 1 ties" in found.sentence
    assert "reward accuracy of training 100.0 %" in found.sentence


def test_equal_answers_are_ties_and_prove_nothing():
    won = card(*(trial(line, MERRY, MERRY) for line in range(10))).win_rate
    assert (won.ties, won.rate, won.verdict) == (10, 0.5, "cannot_tell")
    assert won.interval is not None
    assert won.interval.low < 0.5 < won.interval.high


def test_one_prompt_asked_often_is_one_piece_of_evidence():
    won = card(*(trial(line, FORMAL, MERRY, prompt=b"p") for line in range(20))).win_rate
    assert (won.wins, won.verdict) == (20, "cannot_tell")


def test_a_loss_is_shown_among_the_samples_however_many_wins_there_are():
    found = card(*(trial(line, FORMAL, MERRY) for line in range(18)), trial(18, MERRY, FORMAL))
    shown = found.to_json()["samples"]
    assert [sample["winner"] for sample in shown] == [*("tuned",) * 4, "base"]


def test_nothing_answered_is_no_evidence_and_no_error():
    found = card(ungraded=3)
    assert found.to_json()["win_rate"]["interval"] is None
    assert "no answers could be compared" in found.sentence
    assert "3 left out, which the grader could not grade" in found.sentence


def test_grades_decide_where_a_grader_was_named():
    better, worse = (
        JudgedAnswer(text="same", score=score, has_passed=score > 3) for score in (4.0, 2.0)
    )
    graded = PreferenceTrial(
        line=1,
        prompt=b"1",
        question="q",
        preferred=MERRY,
        non_preferred=FORMAL,
        base=better,
        tuned=worse,
    )
    assert graded.winner == "base"
