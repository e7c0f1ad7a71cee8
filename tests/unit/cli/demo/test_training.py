from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from understudy.cli.console import out
from understudy.cli.demo import training
from understudy.cli.demo.training import DemoJobError, watch_job


def message(text: str) -> Any:
    return SimpleNamespace(type="message", message=text, data={})


def step(number: int, total: int = 40) -> Any:
    data = {"step": number, "total_steps": total, "train_loss": 4.0 / number}
    return SimpleNamespace(type="metrics", message=f"Step {number}/{total}: loss", data=data)


class Jobs:
    """Stands for the client: a job whose events are known before."""

    def __init__(self, status: str) -> None:
        error = SimpleNamespace(message="bad file") if status == "failed" else None
        job = SimpleNamespace(status=status, error=error, fine_tuned_model="ft:x")
        self.fine_tuning = SimpleNamespace(jobs=SimpleNamespace(retrieve=lambda _id: job))


@pytest.fixture(params=["plain", "terminal"])
def view(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(out, "_force_terminal", request.param == "terminal")
    return request.param


def watch(monkeypatch: pytest.MonkeyPatch, status: str, events: list[Any]) -> Any:
    def follow(*_: object, **__: object) -> Iterator[Any]:
        yield from events

    monkeypatch.setattr(training, "follow_events", follow)
    return watch_job(Jobs(status), "ftjob-1")  # type: ignore[arg-type]


def test_messages_and_the_loss_curve_are_shown(
    view: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    events = [message("started"), *(step(number) for number in range(1, 41)), message("done")]
    job = watch(monkeypatch, "succeeded", events)
    assert job.fine_tuned_model == "ft:x"
    shown = capsys.readouterr().out
    assert "started" in shown
    assert "done" in shown
    assert " 4.00 ┤" in shown


def test_a_file_gets_ten_or_so_steps_and_the_last(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    watch(monkeypatch, "succeeded", [step(number) for number in range(1, 41)])
    shown = capsys.readouterr().out
    assert 10 <= shown.count("Step ") <= 12
    assert "Step 1/40" in shown
    assert "Step 40/40" in shown


def test_a_job_that_failed_is_an_error_with_its_reason(view: str, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(DemoJobError, match="ftjob-1 is failed: bad file"):
        watch(monkeypatch, "failed", [message("started")])
