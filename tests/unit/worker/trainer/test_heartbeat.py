import threading
import time

import pytest

from tests.jobs.workshop import reap, run_to_start
from tests.unit.worker.support import Home
from understudy.errors import StorageFullError
from understudy.jobs.lease import claim
from understudy.jobs.service import cancel_job, pause_job
from understudy.work import heartbeat as work_heartbeat
from understudy.work.lease import release
from understudy.work.policy import ExitReason
from understudy.worker.trainer import heartbeat as heartbeat_module
from understudy.worker.trainer.heartbeat import job_heartbeat
from understudy.worker.trainer.stop_flag import StopFlag, StopReason


@pytest.fixture(autouse=True)
def fast_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_heartbeat, "_BEAT_SECONDS", 0.02)


def reason_after(stop: StopFlag, seconds: float = 5.0) -> StopReason | None:
    deadline = time.monotonic() + seconds
    while stop.reason is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return stop.reason


def test_a_cancel_reaches_the_work(home: Home):
    job = home.create_job()
    stop = StopFlag(threading.Event())
    with job_heartbeat(home.database, home.claim(), stop):
        cancel_job(home.database, home.project, job.id)
        assert reason_after(stop) is StopReason.CANCELLED


def test_a_pause_reaches_the_work_and_the_lease_is_kept_while_it_saves(home: Home):
    home.create_job()
    claimed = claim(home.database, "trainer-1", lease_seconds=0.5)
    assert claimed is not None
    run_to_start(home.database, claimed)
    stop = StopFlag(threading.Event())
    with job_heartbeat(home.database, claimed, stop):
        pause_job(home.database, home.project, claimed.job_id)
        assert reason_after(stop) is StopReason.PAUSED
        time.sleep(1.0)
        assert reap(home.database) == 0
        release(home.database, claimed.hold, ExitReason.PAUSED)


def test_a_lost_lease_ends_the_work(home: Home):
    home.create_job()
    claimed = claim(home.database, "trainer-1", lease_seconds=-1)
    assert claimed is not None
    home.claim("trainer-2")
    stop = StopFlag(threading.Event())
    with job_heartbeat(home.database, claimed, stop):
        assert reason_after(stop) is StopReason.LEASE_LOST


def test_the_lease_is_kept_alive_while_the_work_goes_on(home: Home):
    home.create_job()
    claimed = claim(home.database, "trainer-1", lease_seconds=0.5)
    assert claimed is not None
    with job_heartbeat(home.database, claimed, StopFlag(threading.Event())):
        time.sleep(1.0)
        assert claim(home.database, "trainer-2") is None


def test_a_database_that_fails_for_a_moment_does_not_end_the_work(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    home.create_job()
    stop = StopFlag(threading.Event())
    beats = []

    def fail_twice(*arguments: object) -> object:
        beats.append(arguments)
        if len(beats) <= 2:
            raise StorageFullError("full")
        return real(*arguments)  # type: ignore[arg-type]

    real = heartbeat_module.heartbeat
    monkeypatch.setattr(heartbeat_module, "heartbeat", fail_twice)
    with job_heartbeat(home.database, home.claim(), stop):
        assert reason_after(stop, seconds=0.5) is None
    assert len(beats) > 2


def test_a_database_that_fails_for_longer_than_the_lease_ends_the_work(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    home.create_job()
    claimed = claim(home.database, "trainer-1", lease_seconds=0.1)
    assert claimed is not None

    def fail(*_: object) -> None:
        raise StorageFullError("full")

    monkeypatch.setattr(heartbeat_module, "heartbeat", fail)
    stop = StopFlag(threading.Event())
    with job_heartbeat(home.database, claimed, stop):
        assert reason_after(stop) is StopReason.LEASE_LOST
