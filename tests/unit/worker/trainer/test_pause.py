"""Pausing a job in training: what is saved, what goes on, and what happens in between."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.unit.worker.support import Home, chat_lines
from understudy.jobs.lease import JOBS
from understudy.jobs.lifecycle import JobStatus
from understudy.jobs.service import cancel_job, list_checkpoints, pause_job, resume_job
from understudy.training import saving
from understudy.training.metrics import StepMetrics
from understudy.work import heartbeat as work_heartbeat
from understudy.work.lease import release_worker
from understudy.worker.trainer import attempt as attempt_module
from understudy.worker.trainer.housekeeping import tidy
from understudy.worker.trainer.reporter import JobReporter
from understudy.worker.trainer.stop_flag import StopFlag, StopReason


@pytest.fixture(autouse=True)
def fast_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_heartbeat, "_BEAT_SECONDS", 0.02)


@pytest.fixture
def pause_after(home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[[Sequence[int]], None]:
    """Pause whatever job trains right after each of the given steps, each time once."""

    def at(steps: Sequence[int]) -> None:
        due = set(steps)

        def check(reporter: JobReporter) -> None:
            if reporter_steps.get(id(reporter)) in due:
                due.discard(reporter_steps[id(reporter)])
                pause_job(home.database, home.project, reporter._claim.job_id)
                wait_for_the_wish(reporter._stop)
            real_check(reporter)

        def note(reporter: JobReporter, metrics: StepMetrics) -> None:
            real_step(reporter, metrics)
            reporter_steps[id(reporter)] = metrics.step

        reporter_steps: dict[int, int] = {}
        real_check, real_step = JobReporter.check_stop, JobReporter.on_step
        monkeypatch.setattr(JobReporter, "check_stop", check)
        monkeypatch.setattr(JobReporter, "on_step", note)

    return at


def wait_for_the_wish(stop: StopFlag) -> None:
    for _ in range(500):
        if stop.reason is StopReason.PAUSED:
            return
        threading.Event().wait(0.01)
    raise AssertionError("the pause did not arrive")


def directories(home: Home, job_id: str) -> list[str]:
    return sorted(path.name for path in (home.context.models_directory / job_id).iterdir())


def weights(home: Home, job_id: str) -> bytes:
    directory = home.context.models_directory / job_id / "step-6"
    return (directory / "adapter_model.safetensors").read_bytes()


def resume(home: Home, job_id: str) -> None:
    assert home.job(job_id).status == JobStatus.PAUSED
    resume_job(home.database, home.project, job_id)
    home.attempt()


@pytest.mark.parametrize("steps", [[1], [3], [4], [1, 2, 3, 5]])
def test_a_paused_and_resumed_job_ends_with_the_weights_of_an_undisturbed_one(
    home: Home, pause_after: Callable[[Sequence[int]], None], steps: list[int]
):
    whole = home.create_job(epochs=3, validation=chat_lines(2))
    home.attempt()
    pause_after(steps)
    job = home.create_job(epochs=3, validation=chat_lines(2))
    home.attempt()
    for _ in steps:
        resume(home, job.id)
    assert home.job(job.id).status == JobStatus.SUCCEEDED
    assert weights(home, job.id) == weights(home, whole.id)
    told = [event.data for event in home.events(job.id) if event.type == "metrics"]
    assert told == [event.data for event in home.events(whole.id) if event.type == "metrics"]
    assert home.messages(job.id).count("The job has been paused") == len(steps)
    assert directories(home, job.id) == ["step-2", "step-4", "step-6"]


def test_a_pause_between_epochs_leaves_a_snapshot_that_is_no_checkpoint(
    home: Home, pause_after: Callable[[Sequence[int]], None]
):
    pause_after([3])
    job = home.create_job(epochs=3)
    home.attempt()
    assert home.job(job.id).status == JobStatus.PAUSED
    assert directories(home, job.id) == ["resume-3", "step-2"]
    kept = list_checkpoints(home.database, home.project, job.id).items
    assert [checkpoint.step for checkpoint in kept] == [2]


def test_a_pause_at_the_end_of_an_epoch_needs_no_snapshot(
    home: Home, pause_after: Callable[[Sequence[int]], None]
):
    pause_after([4])
    job = home.create_job(epochs=3)
    home.attempt()
    assert home.job(job.id).status == JobStatus.PAUSED
    assert directories(home, job.id) == ["step-2", "step-4"]


def test_the_snapshot_stays_on_disk_while_the_job_is_paused_and_goes_when_it_is_cancelled(
    home: Home, pause_after: Callable[[Sequence[int]], None]
):
    pause_after([3])
    job = home.create_job(epochs=3)
    home.attempt()
    models = home.context.models_directory
    assert tidy(home.database, models, grace_seconds=-1) == 0
    cancel_job(home.database, home.project, job.id)
    assert tidy(home.database, models, grace_seconds=-1) == 1
    assert directories(home, job.id) == ["step-2"]


def test_a_trainer_killed_while_it_saves_leaves_a_paused_job_that_ends_the_same(
    home: Home, pause_after: Callable[[Sequence[int]], None], monkeypatch: pytest.MonkeyPatch
):
    whole = home.create_job(epochs=3)
    home.attempt()
    pause_after([3])
    job = home.create_job(epochs=3)

    class KilledError(BaseException):
        """Ends the attempt as a kill does: nothing more is written."""

    def kill(directory: Path, write: Callable[[Path], None]) -> str:
        if directory.name.startswith("resume-"):
            raise KilledError
        return real(directory, write)

    real = saving.publish_directory
    with monkeypatch.context() as patched:
        patched.setattr(saving, "publish_directory", kill)
        with pytest.raises(KilledError):
            home.attempt()
    assert home.job(job.id).status == JobStatus.RUNNING
    assert release_worker(home.database, JOBS, "trainer-1") == 1
    resume(home, job.id)
    assert home.job(job.id).status == JobStatus.SUCCEEDED
    assert weights(home, job.id) == weights(home, whole.id)


def test_a_damaged_snapshot_means_to_go_on_from_the_checkpoint_before_it(
    home: Home, pause_after: Callable[[Sequence[int]], None]
):
    whole = home.create_job(epochs=3)
    home.attempt()
    pause_after([3])
    job = home.create_job(epochs=3)
    home.attempt()
    state = home.context.models_directory / job.id / "resume-3" / "training_state"
    state = state / "optimizer.safetensors"
    state.write_bytes(state.read_bytes()[:-1])
    resume(home, job.id)
    assert home.job(job.id).status == JobStatus.SUCCEEDED
    assert weights(home, job.id) == weights(home, whole.id)
    assert directories(home, job.id) == ["step-2", "step-4", "step-6"]


def test_a_job_paused_before_its_first_step_is_paused_without_a_snapshot(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    job = home.create_job()
    real = JobReporter.started

    def pause_at_start(reporter: JobReporter, *arguments: object, **named: object) -> None:
        real(reporter, *arguments, **named)  # type: ignore[arg-type]
        pause_job(home.database, home.project, job.id)
        wait_for_the_wish(reporter._stop)

    with monkeypatch.context() as patched:
        patched.setattr(JobReporter, "started", pause_at_start)
        home.attempt()
    assert home.job(job.id).status == JobStatus.PAUSED
    resume(home, job.id)
    assert home.job(job.id).status == JobStatus.SUCCEEDED


def test_a_job_cancelled_while_it_saves_stays_cancelled(
    home: Home, pause_after: Callable[[Sequence[int]], None], monkeypatch: pytest.MonkeyPatch
):
    pause_after([3])
    job = home.create_job(epochs=3)
    real = JobReporter.on_snapshot

    def cancel_first(reporter: JobReporter, step: int, directory: Path) -> None:
        cancel_job(home.database, home.project, job.id)
        real(reporter, step, directory)

    monkeypatch.setattr(JobReporter, "on_snapshot", cancel_first)
    home.attempt()
    assert home.job(job.id).status == JobStatus.CANCELLED
    assert home.messages(job.id)[-1] == "The job has been cancelled"


def test_work_that_a_pause_ends_at_once_writes_nothing_more(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    """While files are looked into there is nothing to save: the claim simply ends."""
    job = home.create_job()

    def look_for_long(claimed: object, context: object, reporter: JobReporter) -> None:
        pause_job(home.database, home.project, job.id)
        for _ in range(500):
            reporter.check_stop()
            threading.Event().wait(0.01)
        raise AssertionError("the pause did not arrive")

    monkeypatch.setattr(attempt_module, "fine_tune", look_for_long)
    home.attempt()
    assert home.job(job.id).status == JobStatus.PAUSED
