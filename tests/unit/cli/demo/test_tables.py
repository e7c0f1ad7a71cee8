import pytest

from tests.unit.cli.support import words
from understudy.cli.demo.scores import Score
from understudy.cli.demo.tables import print_samples, print_scores
from understudy.cli.demo.tasks import HeldOutExample
from understudy.evals.verdict.changes import rate_of


def question(text: str, answer: str) -> HeldOutExample:
    return HeldOutExample(
        messages=[{"role": "user", "content": text}],
        tools=[],
        expected={"role": "assistant", "content": answer},
        is_right=lambda message: message.get("content") == answer,
    )


def test_scores_are_shown_with_their_intervals(capsys: pytest.CaptureFixture[str]):
    base = Score(right=rate_of(0, 10), calls=rate_of(5, 10))
    tuned = Score(right=rate_of(10, 10), calls=rate_of(10, 10))
    print_scores("exact match", "mini", base, tuned)
    shown = words(capsys.readouterr().out)
    assert "10 held-out examples mini fine-tuned" in shown
    assert "exact match 0% (0% to 28%) 100% (72% to 100%)" in shown
    assert "right function called 50% (24% to 76%) 100% (72% to 100%)" in shown


def test_three_samples_are_marked_right_or_wrong(capsys: pytest.CaptureFixture[str]):
    questions = [question(f"Q{number}", "yes") for number in range(9)]
    right, wrong = {"content": "yes"}, {"content": "no"}
    print_samples(questions, [wrong] * 9, [right] * 9)
    shown = words(capsys.readouterr().out)
    assert [f"Q{number}" in shown for number in (0, 3, 6)] == [True] * 3
    assert shown.count("✗ no") == 3
    assert shown.count("✓ yes") == 3


def test_calls_are_shown_as_code(capsys: pytest.CaptureFixture[str]):
    function = {"name": "f", "arguments": '{"city": "Oslo", "days": 2}'}
    print_samples([question("Q", "x")], [{"tool_calls": [{"function": function}]}], [{}])
    shown = words(capsys.readouterr().out)
    assert "f(city='Oslo'," in shown
    assert "(empty)" in shown


def test_answers_cannot_steer_the_terminal_and_have_a_bounded_length(
    capsys: pytest.CaptureFixture[str],
):
    print_samples([question("Q", "x")], [{"content": "\x1b[2J" + "a" * 5000}], [{"content": "x"}])
    shown = capsys.readouterr().out
    assert "\x1b[2J" not in shown
    assert shown.count("a") < 200
