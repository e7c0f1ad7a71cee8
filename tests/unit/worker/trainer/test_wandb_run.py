"""With the real client of Weights & Biases, which writes to the disk only or finds nobody there."""

import threading
import time
from dataclasses import replace

import pytest

from tests.unit.worker.support import Home, chat_lines
from tests.unit.worker.trainer.test_faults import stop_after
from tests.wandb_files import WrittenRun, written_runs
from understudy.config.settings import WandbAccount
from understudy.jobs.integrations import WandbIntegration
from understudy.jobs.lifecycle import JobStatus
from understudy.worker.trainer import wandb_run
from understudy.worker.trainer.attempt import attempt

pytestmark = pytest.mark.slow

OFFLINE = WandbAccount(api_key=None, is_offline=True, base_url=None)
# Port 9 is "discard": nothing listens there.
UNREACHABLE = WandbAccount(api_key="k" * 40, is_offline=False, base_url="http://127.0.0.1:9")
ASKED = WandbIntegration(project="weather", entity=None, name="first try", tags=("a", "b"))
WAIT_SECONDS = 60.0


def reporting_to(home: Home, account: WandbAccount | None) -> Home:
    return replace(home, context=replace(home.context, wandb=account))


def threads_of(job_id: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"wandb-{job_id}"]


def runs_of(home: Home, job_id: str) -> list[WrittenRun]:
    for thread in threads_of(job_id):
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive()
    # The client's own process writes behind its back.
    deadline = time.monotonic() + WAIT_SECONDS
    while any(run.exit_code is None for run in written_runs(home.context.wandb_directory)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return written_runs(home.context.wandb_directory)


def warnings_of(home: Home, job_id: str) -> list[str]:
    return home.warnings(job_id)


def test_a_run_has_the_jobs_id_its_tags_its_settings_and_every_step(home: Home):
    home = reporting_to(home, OFFLINE)
    job = home.create_job(validation=chat_lines(2), integrations=(ASKED,), suffix="mine")
    home.attempt()
    assert home.job(job.id).status == JobStatus.SUCCEEDED
    (run,) = runs_of(home, job.id)
    assert (run.project, run.run_id, run.name) == ("weather", job.id, "first try")
    own = ["openai/finetune", "openai/tiny", f"openai/{job.id}"]
    assert sorted(run.tags) == sorted(["a", "b", *own])
    assert run.config["suffix"] == '"mine"'
    assert run.config["n_epochs"] == "2"
    told = [event.data for event in home.events(job.id) if event.type == "metrics"]
    assert [int(row["_step"]) for row in run.history] == [1, 2, 3, 4]
    for row, data in zip(run.history, told, strict=True):
        assert float(row["train_loss"]) == data["train_loss"]
    assert {"valid_loss", "full_valid_loss"} <= run.history[-1].keys()
    assert run.exit_code == 0


def test_a_job_that_is_resumed_goes_on_with_its_run_and_tells_no_step_twice(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    home = reporting_to(home, OFFLINE)
    job = home.create_job(epochs=3, integrations=(replace(ASKED, name=None),))
    attempt(home.claim(), home.database, home.context, stop_after(monkeypatch, 5))
    runs_of(home, job.id)
    home.attempt()
    first, second = runs_of(home, job.id)
    assert first.run_id == second.run_id == first.name == job.id
    assert (first.exit_code, second.exit_code) == (1, 0)
    steps = [int(row["_step"]) for run in (first, second) for row in run.history]
    assert steps == [1, 2, 3, 4, 5, 6]


def test_a_network_that_is_down_is_a_warning_and_the_job_succeeds(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(wandb_run, "_CONNECT_SECONDS", 0.5)
    home = reporting_to(home, UNREACHABLE)
    job = home.create_job(integrations=(ASKED,))
    home.attempt()
    assert home.job(job.id).status == JobStatus.SUCCEEDED
    (warning,) = warnings_of(home, job.id)
    assert warning.startswith("Weights & Biases (weather) receives no more steps of this job: ")
    assert "connection refused" in warning
    assert "k" * 40 not in warning


def test_a_network_that_never_answers_holds_nobody_up(home: Home, monkeypatch: pytest.MonkeyPatch):
    hangs = threading.Event()

    def open_forever(*_: object) -> None:
        hangs.wait(WAIT_SECONDS)
        raise RuntimeError("too late")

    monkeypatch.setattr(wandb_run.WandbRun, "_open", open_forever)
    monkeypatch.setattr(wandb_run, "_SETTLE_SECONDS", 0.05)
    home = reporting_to(home, OFFLINE)
    job = home.create_job(integrations=(ASKED,))
    home.attempt()
    assert home.job(job.id).status == JobStatus.SUCCEEDED
    (warning,) = warnings_of(home, job.id)
    assert "it does not answer" in warning
    assert threads_of(job.id)
    hangs.set()
    for thread in threads_of(job.id):
        thread.join(WAIT_SECONDS)
    assert not threads_of(job.id)


def test_an_account_that_was_taken_away_after_the_job_was_created_is_a_warning(home: Home):
    job = home.create_job(integrations=(ASKED,))
    home.attempt()
    assert home.job(job.id).status == JobStatus.SUCCEEDED
    (warning,) = warnings_of(home, job.id)
    assert warning.endswith("this server has no account any more")
