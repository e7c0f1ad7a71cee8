import threading
from pathlib import Path

import pytest

from tests.unit.training.test_pause import Pausing, adapter, train
from understudy.errors import JobFailedError
from understudy.modeling.checkpoints import verify_directory
from understudy.training import run, saving
from understudy.training.metrics import StepMetrics
from understudy.training.reporting import PauseTraining, StopTraining
from understudy.training.saving import BackgroundSaver, WriteInto
from understudy.wording import in_others_words

BOUND_SECONDS = 10.0


class Gate:
    """A write that stays open until it is let go on."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.let_go = threading.Event()

    def copy(self) -> WriteInto:
        def write(into: Path) -> None:
            self.entered.set()
            assert self.let_go.wait(BOUND_SECONDS)
            (into / "weights").write_text("1")

        return write


def copy_of(text: str) -> WriteInto:
    def write(into: Path) -> None:
        (into / "weights").write_text(text)

    return write


def broken() -> WriteInto:
    def write(into: Path) -> None:
        raise OSError("the disk broke")

    return write


def test_nobody_waits_for_the_disk_and_nothing_is_told_before_it_is_complete(tmp_path: Path):
    told: list[str] = []
    gate = Gate()
    with BackgroundSaver() as saver:
        saver.save(tmp_path / "step-1", gate.copy, told.append)
        assert gate.entered.wait(BOUND_SECONDS)
        saver.report_finished()
        assert told == []
        assert not (tmp_path / "step-1").exists()
        gate.let_go.set()
        saver.wait()
        verify_directory(tmp_path / "step-1")
    assert len(told) == 1


def test_a_second_copy_is_made_only_when_the_first_is_on_disk_and_told(tmp_path: Path):
    told: list[str] = []

    def second() -> WriteInto:
        verify_directory(tmp_path / "step-1")
        assert told == ["first"]
        return copy_of("2")

    with BackgroundSaver() as saver:
        saver.save(tmp_path / "step-1", lambda: copy_of("1"), lambda _: told.append("first"))
        saver.save(tmp_path / "step-2", second, lambda _: told.append("second"))
    assert told == ["first", "second"]


@pytest.mark.parametrize("how", ["wait", "save", "end"])
def test_an_error_of_the_writing_is_raised_where_the_result_would_be_told(tmp_path: Path, how: str):
    def run() -> None:
        with BackgroundSaver() as saver:
            saver.save(tmp_path / "step-1", broken, lambda _: pytest.fail("told"))
            if how == "wait":
                saver.wait()
            elif how == "save":
                saver.save(tmp_path / "step-2", lambda: copy_of("2"), lambda _: None)

    with pytest.raises(OSError, match="the disk broke"):
        run()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "is_told"),
    [
        (StopTraining(), True),
        (JobFailedError(in_others_words("nan"), code="x", param=None), True),
        (RuntimeError("lease lost"), False),
    ],
)
def test_what_is_being_written_when_a_run_ends_is_completed_and_told_if_anyone_listens(
    tmp_path: Path, error: Exception, is_told: bool
):
    told: list[str] = []

    def run() -> None:
        with BackgroundSaver() as saver:
            saver.save(tmp_path / "step-1", lambda: copy_of("1"), told.append)
            raise error

    with pytest.raises(type(error)):
        run()
    verify_directory(tmp_path / "step-1")
    assert bool(told) is is_told


class Watched(Pausing):
    """Lets the disk finish the first checkpoint once two more steps are done."""

    def __init__(self) -> None:
        super().__init__()
        self.two_steps_later = threading.Event()
        self.told_by_then: list[int] = []

    def on_step(self, metrics: StepMetrics) -> None:
        super().on_step(metrics)
        if metrics.step == 5:
            self.told_by_then = [checkpoint.step for checkpoint in self.checkpoints]
            self.two_steps_later.set()


def files(directory: Path) -> dict[str, bytes]:
    files = [path for path in directory.rglob("*") if path.is_file()]
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def test_a_checkpoint_holds_the_weights_of_its_step_whatever_the_steps_after_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    prompt = train(tmp_path / "prompt", Pausing())
    late = Watched()

    def publish(directory: Path, write: WriteInto) -> str:
        if directory.name == "step-3":
            assert late.two_steps_later.wait(BOUND_SECONDS)
        return real(directory, write)

    real = saving.publish_directory
    monkeypatch.setattr(saving, "publish_directory", publish)
    train(tmp_path / "late", late)

    assert late.told_by_then == []
    assert [checkpoint.step for checkpoint in late.checkpoints] == [3, 6]
    for ours, theirs in zip(late.checkpoints, prompt.checkpoints, strict=True):
        assert files(ours.directory) == files(theirs.directory)


def test_a_pause_waits_for_the_checkpoint_that_is_being_written_and_saves_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    published: list[str] = []

    def publish(directory: Path, write: WriteInto) -> str:
        published.append(directory.name)
        return real(directory, write)

    real = saving.publish_directory
    monkeypatch.setattr(saving, "publish_directory", publish)
    paused = Pausing()

    def pause_after_the_first_epoch() -> None:
        if len(paused.steps) == 3:
            raise PauseTraining

    monkeypatch.setattr(paused, "check_stop", pause_after_the_first_epoch)
    with pytest.raises(PauseTraining):
        train(tmp_path, paused)

    assert published == ["step-3"]
    assert [checkpoint.step for checkpoint in paused.checkpoints] == [3]


def test_a_run_with_long_epochs_saves_where_it_can_go_on_between_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    whole = train(tmp_path / "whole", Pausing())
    monkeypatch.setattr(run, "_SNAPSHOT_SECONDS", 0.0)

    often = train(tmp_path / "often", Pausing())

    assert [step for step, _ in often.snapshots] == [1, 2, 4, 5]
    assert [checkpoint.step for checkpoint in often.checkpoints] == [3, 6]
    resumed = train(tmp_path / "often", Pausing(), often.snapshots[-1][1])
    assert resumed.steps == whole.steps[5:]
    assert adapter(resumed) == adapter(whole)
