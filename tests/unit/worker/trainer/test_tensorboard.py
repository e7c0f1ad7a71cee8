from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.unit.worker.support import Home, chat_lines
from tests.unit.worker.trainer.test_faults import stop_after
from understudy.jobs.lifecycle import JobStatus
from understudy.training.metrics import StepMetrics
from understudy.worker.trainer.attempt import attempt
from understudy.worker.trainer.tensorboard import TensorBoardFiles

LOSS = "loss/training"


def curve(directory: Path, tag: str) -> list[tuple[int, float]]:
    """Read a curve as TensorBoard shows it."""
    shown = EventAccumulator(str(directory)).Reload()
    return [(event.step, event.value) for event in shown.Scalars(tag)]


def steps(*numbers: int, loss: float = 1.0) -> list[StepMetrics]:
    return [
        StepMetrics(step=n, total_steps=9, train_loss=loss / n, train_mean_token_accuracy=0.5)
        for n in numbers
    ]


def test_what_was_told_can_be_read_while_the_run_goes_on(tmp_path: Path):
    files = TensorBoardFiles(tmp_path)
    files.on_steps(steps(1, 2))
    assert curve(tmp_path, LOSS) == [(1, 1.0), (2, 0.5)]
    files.on_steps(steps(4))
    assert curve(tmp_path, LOSS) == [(1, 1.0), (2, 0.5), (4, 0.25)]
    files.end(is_success=True)


def test_a_resumed_run_goes_on_with_the_curve_and_shows_no_step_twice(tmp_path: Path):
    """The first attempt got to step 4; the second goes on from the checkpoint of step 2."""
    killed = TensorBoardFiles(tmp_path)
    killed.on_steps(steps(1, 2, 3, 4, loss=2.0))
    resumed = TensorBoardFiles(tmp_path)
    resumed.on_steps(steps(3, 4, 5))
    shown = [(step, round(loss, 3)) for step, loss in curve(tmp_path, LOSS)]
    assert shown == [(1, 2.0), (2, 1.0), (3, 0.333), (4, 0.25), (5, 0.2)]
    resumed.end(is_success=True)


def test_a_job_that_was_stopped_on_the_way_has_one_curve_with_its_validation(
    home: Home, monkeypatch
):
    job = home.create_job(epochs=3, validation=chat_lines(2))
    attempt(home.claim(), home.database, home.context, stop_after(monkeypatch, 5))
    home.attempt()
    assert home.job(job.id).status == JobStatus.SUCCEEDED
    directory = home.context.tensorboard_directory / job.id
    told = [event.data for event in home.events(job.id) if event.type == "metrics"]
    assert [step for step, _ in curve(directory, LOSS)] == [1, 2, 3, 4, 5, 6]
    assert [step for step, _ in curve(directory, "loss/full validation")] == [2, 4, 6]
    for (_, loss), data in zip(curve(directory, LOSS), told, strict=True):
        assert abs(loss - data["train_loss"]) < 1e-6


def test_a_disk_that_takes_no_curves_costs_a_warning_and_nothing_else(home: Home):
    job = home.create_job()
    home.context.tensorboard_directory.write_text("a file where the directory should be")
    home.attempt()
    assert home.job(job.id).status == JobStatus.SUCCEEDED
    warnings = home.warnings(job.id)
    assert warnings == ["TensorBoard receives no more steps of this job: Not a directory"]
