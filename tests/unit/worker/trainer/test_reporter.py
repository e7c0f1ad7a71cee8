import threading
from dataclasses import replace

from tests.unit.worker.support import Home
from understudy.jobs import progress
from understudy.jobs.claims import Claim
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.supervised import SupervisedPlan, plan_supervised
from understudy.training.metrics import StepMetrics
from understudy.training.reporting import SavedCheckpoint
from understudy.worker.trainer.listeners import Listeners
from understudy.worker.trainer.reporter import JobReporter
from understudy.worker.trainer.stop_flag import StopFlag


def step(number: int) -> StepMetrics:
    return StepMetrics(step=number, total_steps=9, train_loss=1.0, train_mean_token_accuracy=0.5)


def reporter_of(home: Home, claimed: Claim) -> JobReporter:
    stop = StopFlag(threading.Event())
    return JobReporter(home.database, home.context.blobs, claimed, stop, Listeners({}))


def plan() -> SupervisedPlan:
    """Three steps, each an epoch."""
    return plan_supervised(
        JobHyperparameters(n_epochs=3, batch_size=10, learning_rate_multiplier=None),
        example_count=10,
        hidden_size=32,
        seed=7,
    )


def test_the_file_of_a_finished_job_holds_every_step(home: Home):
    job = home.create_job(epochs=3)
    home.attempt()
    assert home.job(job.id).result_file is not None
    (name,) = [
        name
        for name in home.context.blobs.names()
        if home.context.blobs.path(name).read_bytes().startswith(b"step,")
    ]
    lines = home.context.blobs.path(name).read_text().splitlines()
    assert [line.partition(",")[0] for line in lines[1:]] == ["1", "2", "3", "4", "5", "6"]


def test_steps_that_come_fast_are_written_together_and_none_is_lost(home: Home):
    job = home.create_job()
    claimed = home.claim()
    reporter = reporter_of(home, claimed)
    for number in range(1, 4):
        reporter.on_step(step(number))
    written = [m for m in home.messages(job.id) if m.startswith("Step")]
    assert written == ["Step 1/9: training loss=1.00"]
    reporter.write_steps()
    written = [m for m in home.messages(job.id) if m.startswith("Step")]
    assert len(written) == 3


def test_a_running_job_says_when_it_will_be_done(home: Home):
    job = home.create_job()
    reporter = reporter_of(home, home.claim())
    progress.validated(home.database, reporter._claim)
    reporter.started(plan(), "renderer", validation_examples=0)
    reporter.on_step(step(1))
    assert home.job(job.id).estimated_finish is None
    reporter.on_step(step(2))
    reporter.write_steps()
    finish = home.job(job.id).estimated_finish
    assert finish is not None
    assert abs(finish - home.job(job.id).created_at) < 60


def test_overfitting_is_a_warning_before_the_closing_events(home: Home):
    job = home.create_job()
    claimed = home.claim()
    progress.validated(home.database, claimed)
    reporter = reporter_of(home, claimed)
    reporter.started(plan(), "renderer", validation_examples=0)
    for number in (1, 2, 3):
        metrics = replace(
            step(number), train_loss=1 / number, full_valid_loss=1.0 + number, total_steps=3
        )
        reporter.on_step(metrics)
        directory = home.context.models_directory / job.id / f"step-{number}"
        directory.mkdir(parents=True)
        reporter.on_checkpoint(
            SavedCheckpoint(
                step=number, epoch=number, directory=directory, manifest_sha256="0", metrics=metrics
            )
        )
    reporter.succeeded(30)
    told = home.events(job.id)
    assert [event.level for event in told[-6:]] == ["info", "warn", *["info"] * 4]
    first = told[-6].message
    assert first.startswith("Best full validation loss: 2.0000 at step 1, the end of epoch 1 of 3")
    assert first.split()[-1] in told[-4].message
    assert told[-5].message.startswith("The model may be overfitting")
    assert told[-4].message.startswith("Checkpoint created at step 1")
