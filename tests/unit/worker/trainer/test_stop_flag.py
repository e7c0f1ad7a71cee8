import threading

import pytest

from understudy.training.reporting import PauseTraining, StopTraining
from understudy.worker.trainer.stop_flag import StopFlag, StopReason


def test_work_goes_on_until_someone_ends_it():
    stop = StopFlag(threading.Event())
    stop.check()
    stop.end(StopReason.CANCELLED)
    with pytest.raises(StopTraining):
        stop.check()


def test_a_pause_lets_the_work_save_its_state_first():
    stop = StopFlag(threading.Event())
    stop.end(StopReason.PAUSED)
    with pytest.raises(PauseTraining):
        stop.check()


def test_an_end_that_is_no_pause_saves_nothing():
    stop = StopFlag(threading.Event())
    stop.end(StopReason.LEASE_LOST)
    stop.end(StopReason.PAUSED)
    with pytest.raises(StopTraining) as raised:
        stop.check()
    assert not isinstance(raised.value, PauseTraining)


def test_the_first_reason_stays():
    stop = StopFlag(threading.Event())
    stop.end(StopReason.LEASE_LOST)
    stop.end(StopReason.CANCELLED)
    assert stop.reason is StopReason.LEASE_LOST


def test_a_stopping_worker_ends_the_work():
    worker_stops = threading.Event()
    stop = StopFlag(worker_stops)
    worker_stops.set()
    assert stop.reason is StopReason.WORKER_STOPS
