import threading

import pytest

from understudy.training.reporting import StopTraining
from understudy.worker.stop_flag import StopFlag, StopReason


def test_work_goes_on_until_someone_ends_it():
    stop = StopFlag(threading.Event())
    stop.check()
    stop.end(StopReason.CANCELLED)
    with pytest.raises(StopTraining):
        stop.check()


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
