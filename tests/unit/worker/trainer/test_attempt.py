import errno
import threading
from pathlib import Path

import pytest
from safetensors import SafetensorError

from tests.unit.worker.support import Home, chat_lines
from understudy.errors import StorageFullError
from understudy.jobs.claims import Claim
from understudy.jobs.lease import claim
from understudy.jobs.lifecycle import JobStatus
from understudy.jobs.service import cancel_job, list_checkpoints
from understudy.storage.jobs.jobs import get_attempt
from understudy.training.metrics import StepMetrics
from understudy.work.policy import ExitReason
from understudy.worker.trainer import attempt as attempt_module
from understudy.worker.trainer.attempt import attempt, is_disk_full
from understudy.worker.trainer.reporter import JobReporter


def exit_reason(home: Home, claimed: Claim) -> str | None:
    with home.database.read() as session:
        row = get_attempt(session, claimed.job_id, claimed.hold.epoch)
        assert row is not None
        return row.exit_reason


def test_a_good_job_succeeds_with_the_recorded_events_in_order(home: Home):
    job = home.create_job(validation=chat_lines(2))
    home.attempt()
    done = home.job(job.id)
    assert done.status == JobStatus.SUCCEEDED
    assert done.fine_tuned_model is not None
    assert done.fine_tuned_model.startswith("ft:tiny:personal::")
    texts = [message.partition(":")[0] for message in home.messages(job.id)]
    assert texts == [
        "Created fine-tuning job",
        "Validating training file",
        "Safety checks were not run",
        "Files validated, moving job to queued state",
        "Fine-tuning job started",
        "Hyperparameters",
        "Examples are packed, checked on this base",
        "Step 1/4",
        "Step 2/4",
        "Step 3/4",
        "Step 4/4",
        "Best full validation loss",
        "Checkpoint created at step 2 with Snapshot ID",
        "New fine-tuned model created",
        "The job has successfully completed",
    ]


def test_trained_tokens_are_the_tokens_of_an_epoch_times_the_epochs(home: Home):
    job = home.create_job(epochs=1)
    home.attempt()
    twice = home.create_job(epochs=2)
    home.attempt()
    tokens = home.job(job.id).trained_tokens
    assert tokens is not None
    assert tokens > 0
    assert home.job(twice.id).trained_tokens == 2 * tokens


def test_a_file_with_seven_examples_fails_the_job_in_openais_words(home: Home):
    job = home.create_job(training=chat_lines(7))
    home.attempt()
    failed = home.job(job.id)
    assert failed.status == JobStatus.FAILED
    assert failed.error_message is not None
    assert failed.error_code == "invalid_n_examples"
    assert failed.error_param == "training_file"
    assert failed.error_message == (
        "Training file has 7 example(s), but must have at least 10 examples"
    )


def test_a_bad_validation_file_fails_the_job_and_is_named(home: Home):
    job = home.create_job(validation=b'{"messages": [{"content": "no role"}]}\n')
    home.attempt()
    failed = home.job(job.id)
    assert (failed.error_code, failed.error_param) == ("invalid_validation_file", "validation_file")


def test_a_base_whose_directory_is_gone_fails_the_job(home: Home, tmp_path: Path):
    object.__setattr__(home, "base_directory", tmp_path / "gone")
    job = home.create_job()
    home.attempt()
    failed = home.job(job.id)
    assert (failed.error_code, failed.error_param) == ("model_not_available", "model")


def test_a_cancelled_job_stops_and_stays_cancelled(home: Home, monkeypatch: pytest.MonkeyPatch):
    job = home.create_job(epochs=50)
    steps = []

    def cancel_at_third(reporter: JobReporter, metrics: StepMetrics) -> None:
        steps.append(metrics.step)
        if metrics.step == 3:
            cancel_job(home.database, home.project, job.id)
        real(reporter, metrics)

    real = JobReporter.on_step
    monkeypatch.setattr(JobReporter, "on_step", cancel_at_third)
    home.attempt()
    assert home.job(job.id).status == JobStatus.CANCELLED
    assert home.messages(job.id)[-1] == "The job has been cancelled"
    assert len(steps) < 100


def test_a_cancel_reaches_work_that_writes_nothing(home: Home, monkeypatch: pytest.MonkeyPatch):
    """The heartbeat brings it, so that a long step ends soon."""
    job = home.create_job()

    def wait_for_the_end(claimed: Claim, context: object, reporter: JobReporter) -> None:
        cancel_job(home.database, home.project, job.id)
        pause = threading.Event()
        for _ in range(1000):
            reporter.check_stop()
            pause.wait(0.01)
        raise AssertionError("the cancel did not arrive")

    monkeypatch.setattr(attempt_module, "fine_tune", wait_for_the_end)
    home.attempt()
    assert home.job(job.id).status == JobStatus.CANCELLED


def test_a_stopping_worker_frees_the_job_and_the_next_one_ends_it_with_the_same_weights(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    whole = home.create_job(epochs=3)
    home.attempt()
    job = home.create_job(epochs=3)
    stops = threading.Event()

    def stop_at_fifth(reporter: JobReporter, metrics: StepMetrics) -> None:
        real(reporter, metrics)
        if metrics.step == 5:
            stops.set()

    real = JobReporter.on_step
    monkeypatch.setattr(JobReporter, "on_step", stop_at_fifth)
    first = home.claim()
    attempt(first, home.database, home.context, stops)
    assert exit_reason(home, first) == ExitReason.WORKER_STOPPED
    assert home.job(job.id).status == JobStatus.RUNNING

    second = home.claim("trainer-2")
    assert [point.step for point in second.resume_points] == [4, 2]
    home.attempt(second)
    assert home.job(job.id).status == JobStatus.SUCCEEDED
    assert sum("Step 5/6" in message for message in home.messages(job.id)) == 1
    assert final_weights(home, job.id) == final_weights(home, whole.id)


def final_weights(home: Home, job_id: str) -> bytes:
    directory = home.context.models_directory / job_id / "step-6"
    return (directory / "adapter_model.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("damaged", "first_step"), [([], 5), (["step-4"], 3), (["step-4", "step-2"], 1)]
)
def test_the_newest_checkpoint_that_is_intact_is_where_a_job_goes_on(
    home: Home, monkeypatch: pytest.MonkeyPatch, damaged: list[str], first_step: int
):
    whole = home.create_job(epochs=3)
    home.attempt()
    job = home.create_job(epochs=3)
    stops = threading.Event()
    steps: list[int] = []

    def stop_at_fifth(reporter: JobReporter, metrics: StepMetrics) -> None:
        real(reporter, metrics)
        steps.append(metrics.step)
        if metrics.step == 5:
            stops.set()

    real = JobReporter.on_step
    monkeypatch.setattr(JobReporter, "on_step", stop_at_fifth)
    attempt(home.claim(), home.database, home.context, stops)
    for name in damaged:
        adapter = home.context.models_directory / job.id / name / "adapter_model.safetensors"
        adapter.write_bytes(adapter.read_bytes()[:-1])
    steps.clear()
    home.attempt()
    assert steps[0] == first_step
    assert home.job(job.id).status == JobStatus.SUCCEEDED
    assert final_weights(home, job.id) == final_weights(home, whole.id)


def test_a_full_disk_frees_the_job_and_tells_its_owner(home: Home, monkeypatch: pytest.MonkeyPatch):
    job = home.create_job()

    def no_space(*_: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left (os error 28)")

    monkeypatch.setattr(JobReporter, "on_checkpoint", no_space)
    claimed = home.claim()
    home.attempt(claimed)
    assert exit_reason(home, claimed) == ExitReason.STORAGE_FULL
    assert home.job(job.id).status == JobStatus.RUNNING
    warning = home.events(job.id)[-1]
    assert warning.level == "warn"
    assert "no space left" in warning.message


def test_an_unexpected_error_ends_the_attempt_but_not_the_job(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    job = home.create_job()

    def break_down(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(attempt_module, "fine_tune", break_down)
    claimed = home.claim()
    home.attempt(claimed)
    assert exit_reason(home, claimed) == ExitReason.INFRASTRUCTURE
    assert home.job(job.id).status == JobStatus.VALIDATING_FILES


def test_a_worker_that_lost_its_lease_writes_nothing_more(home: Home):
    job = home.create_job()
    old = claim(home.database, "trainer-0", lease_seconds=-1)
    assert old is not None
    new = home.claim()
    home.attempt(old)
    assert home.messages(job.id)[-1].startswith("Validating training file")
    assert exit_reason(home, new) is None


def test_only_the_last_three_checkpoints_stay_on_the_disk(home: Home):
    job = home.create_job(epochs=5)
    home.attempt()
    kept = list_checkpoints(home.database, home.project, job.id).items
    assert [checkpoint.step for checkpoint in kept] == [10, 8, 6]
    directory = home.context.models_directory / job.id
    assert sorted(path.name for path in directory.iterdir()) == ["step-10", "step-6", "step-8"]


@pytest.mark.parametrize(
    "error",
    [
        StorageFullError("full"),
        OSError(errno.ENOSPC, "full"),
        OSError(errno.EDQUOT, "quota"),
        SafetensorError("I/O error: (os error 28)"),
    ],
)
def test_a_full_disk_is_seen_under_any_wrapping(error: Exception):
    wrapped = RuntimeError("while saving")
    wrapped.__cause__ = error
    assert is_disk_full(wrapped)


def test_other_errors_are_not_a_full_disk():
    assert not is_disk_full(OSError(errno.EIO, "broken"))
    assert not is_disk_full(SafetensorError("header too large"))
