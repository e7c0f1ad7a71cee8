"""What goes wrong on the server's side or through a job's numbers, and what its owner reads."""

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from built_in_models.demo_data import shipped_directory
from tests.unit.worker.support import Home, open_home
from tests.unit.worker.trainer.test_attempt import exit_reason, final_weights
from understudy.jobs.lease import JOBS, claim
from understudy.jobs.lifecycle import JobStatus
from understudy.modeling import checkpoints
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.registry.catalogue import builtin_bases
from understudy.storage.database import Database
from understudy.storage.tables.jobs import JobRow
from understudy.training.metrics import StepMetrics
from understudy.work.lease import release, release_worker
from understudy.work.policy import ExitReason
from understudy.worker.trainer.attempt import attempt
from understudy.worker.trainer.reporter import JobReporter


def stop_after(monkeypatch: pytest.MonkeyPatch, step: int) -> threading.Event:
    """An event that is set once the step is reported, for a worker that stops then."""
    stops = threading.Event()

    def note(reporter: JobReporter, metrics: StepMetrics) -> None:
        real(reporter, metrics)
        if metrics.step == step:
            stops.set()

    real = JobReporter.on_step
    monkeypatch.setattr(JobReporter, "on_step", note)
    return stops


def test_a_learning_rate_far_too_high_fails_the_job_with_advice(home: Home):
    """Adam's steps have the size of the learning rate, so that the weights overflow."""
    numbers = JobHyperparameters(n_epochs=20, batch_size=5, learning_rate_multiplier=1e3)
    assert_diverged(home, home.create_job(hyperparameters=numbers).id, "became nan at step")


def test_a_model_that_forgets_all_it_knew_fails_the_job_with_advice(tmp_path: Path):
    home = open_home(tmp_path, builtin_bases()["understudy-nano"].directory)
    numbers = JobHyperparameters(n_epochs=2, batch_size=1, learning_rate_multiplier=20.0)
    tickets = (shipped_directory() / "tickets_training.jsonl").read_bytes().splitlines(True)
    job = home.create_job(b"".join(tickets[:12]), hyperparameters=numbers)
    assert_diverged(home, job.id, "Training diverged: over steps 1 to 20 the mean loss was")
    home.database.close()


def assert_diverged(home: Home, job_id: str, message: str) -> None:
    home.attempt()
    failed = home.job(job_id)
    assert failed.status == JobStatus.FAILED
    assert failed.error_message is not None
    assert failed.error_code == "training_diverged"
    assert failed.error_param == "hyperparameters.learning_rate_multiplier"
    assert message in failed.error_message
    assert "Use a smaller learning_rate_multiplier." in failed.error_message
    assert home.events(job_id)[-1].level == "error"


def test_a_disk_that_fills_during_a_checkpoint_costs_no_work_and_the_job_goes_on(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    whole = home.create_job(epochs=3)
    home.attempt()
    job = home.create_job(epochs=3)
    full = threading.Event()
    full.set()

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        if full.is_set() and is_file and ".step-4.partial" in str(path):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    real = os.fsync
    monkeypatch.setattr(checkpoints.os, "fsync", fsync)
    first = home.claim()
    home.attempt(first)
    assert exit_reason(home, first) == ExitReason.STORAGE_FULL
    assert home.job(job.id).status == JobStatus.RUNNING
    assert "There is no space left on the server's disk" in home.messages(job.id)[-1]
    directory = home.context.models_directory / job.id
    assert [path.name for path in directory.iterdir()] == ["step-2"]

    assert claim(home.database, "trainer-1") is None, "the job waits a while for space"
    full.clear()
    with home.database.write() as session:
        session.query(JobRow).filter_by(id=job.id).one().available_at = 0.0
    second = home.claim()
    assert [point.step for point in second.resume_points] == [2]
    home.attempt(second)
    assert home.job(job.id).status == JobStatus.SUCCEEDED
    assert final_weights(home, job.id) == final_weights(home, whole.id)


@pytest.mark.parametrize(
    ("damaged", "told"),
    [
        (["step-4"], ["continues from step 2"]),
        (["step-4", "step-2"], ["begins again", "begins again"]),
    ],
)
def test_the_owner_is_told_of_a_damaged_checkpoint_and_where_the_job_goes_on(
    home: Home, monkeypatch: pytest.MonkeyPatch, damaged: list[str], told: list[str]
):
    job = home.create_job(epochs=3)
    attempt(home.claim(), home.database, home.context, stop_after(monkeypatch, 5))
    for name in damaged:
        manifest = home.context.models_directory / job.id / name / "manifest.json"
        manifest.write_bytes(manifest.read_bytes()[:-20])
    home.attempt()
    assert home.job(job.id).status == JobStatus.SUCCEEDED
    warnings = home.warnings(job.id)
    assert warnings == [
        f"What was saved at step {name[5:]} is damaged on the server's disk, so the job {goes_on}."
        for name, goes_on in zip(damaged, told, strict=True)
    ]


def test_the_owner_is_warned_that_the_bytes_of_a_file_are_gone(home: Home):
    job = home.create_job()
    home.context.blobs.path(home.job(job.id).training_blob).unlink()
    claimed = home.claim()
    home.attempt(claimed)
    assert exit_reason(home, claimed) == ExitReason.INFRASTRUCTURE
    assert home.warnings(job.id)[0].startswith("The bytes of this file are gone")


def test_the_owner_is_warned_that_a_trainer_hung(home: Home):
    job = home.create_job()
    claimed = home.claim()
    release_worker(home.database, JOBS, "trainer-1", ExitReason.HUNG)
    assert exit_reason(home, claimed) == ExitReason.HUNG
    warning = home.events(job.id)[-1]
    assert warning.level == "warn"
    assert warning.message.endswith("the job continues from its last saved state.")


def test_a_job_that_hangs_again_and_again_is_given_up_in_the_end(home: Home):
    now = [1e9]
    database = Database(f"sqlite:///{home.path / 'understudy.db'}", clock=lambda: now[0])
    job = home.create_job()
    for _ in range(3):
        now[0] += 40
        claimed = claim(database, "trainer-1")
        assert claimed is not None
        release(database, claimed.hold, ExitReason.HUNG)
    database.close()
    failed = home.job(job.id)
    assert failed.status == JobStatus.FAILED
    assert failed.error_message is not None
    assert "3 attempts in a row that ended early" in failed.error_message
