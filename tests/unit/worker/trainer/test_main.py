import threading
import time

from tests.unit.worker.support import Home
from understudy.jobs.lifecycle import JobStatus
from understudy.worker.trainer.__main__ import WORKER_ID, work


def test_a_trainer_takes_jobs_as_they_come_and_ends_when_asked(home: Home):
    stops = threading.Event()
    thread = threading.Thread(target=work, args=(home.database, home.context, stops))
    thread.start()
    try:
        jobs = [home.create_job(epochs=1) for _ in range(2)]
        deadline = time.monotonic() + 30
        while any(home.job(job.id).status != JobStatus.SUCCEEDED for job in jobs):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        stops.set()
        thread.join(10)
    assert not thread.is_alive()


def test_a_new_trainer_takes_over_what_its_killed_predecessor_held(home: Home):
    job = home.create_job(epochs=1)
    home.claim(WORKER_ID)
    stops = threading.Event()
    thread = threading.Thread(target=work, args=(home.database, home.context, stops))
    thread.start()
    try:
        # Far sooner than the lease of the dead one runs out.
        deadline = time.monotonic() + 20
        while home.job(job.id).status != JobStatus.SUCCEEDED:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        stops.set()
        thread.join(10)
