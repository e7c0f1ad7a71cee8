"""Jobs under fire: workers are killed or frozen at random, and every job still ends once."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.jobs.doomed_worker import TOTAL, hasty_clock, trained, work_forever
from tests.jobs.workshop import PROCESSES, Workshop, open_workshop
from understudy.errors import InvalidRequestError
from understudy.jobs.lifecycle import FINISHED
from understudy.jobs.service import cancel_job, list_events, list_jobs, pause_job, resume_job
from understudy.storage.models import list_models
from understudy.storage.tables.jobs import AttemptRow, CheckpointRow, JobEventRow, JobRow
from understudy.storage.tables.projects import FileRow, OutboxRow

pytestmark = pytest.mark.slow

JOBS = 6
KILLS = 20
PAUSES = 12
PAUSING = ("The job has been paused", "The job has been resumed")
WORKERS = 3
SECONDS_LIMIT = 60.0


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    workshop = open_workshop(tmp_path / "understudy.db", hasty_clock)
    yield workshop
    workshop.db.close()


class Crew:
    """Workers that are replaced whenever they die."""

    def __init__(self, shop: Workshop, models: Path, step_seconds: float) -> None:
        self._database = shop.db._reader.url.render_as_string(hide_password=False)
        self._models = models
        self._step_seconds = step_seconds
        self._members: dict[str, BaseProcess] = {}

    def fill(self) -> None:
        for number in range(WORKERS):
            name = f"worker-{number}"
            member = self._members.get(name)
            if member is None or not member.is_alive():
                self._members[name] = self._start(name)

    def kill_one(self, dice: random.Random) -> None:
        member = self._any(dice)
        member.kill()
        member.join()

    def freeze_one(self, dice: random.Random, seconds: float) -> None:
        """Stop a worker for longer than its lease; then it goes on where it was."""
        member = self._any(dice)
        os.kill(member.pid or 0, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(member.pid or 0, signal.SIGCONT)

    def dismiss(self) -> None:
        for member in self._members.values():
            member.kill()
            member.join()

    def _start(self, name: str) -> BaseProcess:
        arguments = (self._database, self._models, name, self._step_seconds)
        process = PROCESSES.Process(target=work_forever, args=arguments)
        process.start()
        return process

    def _any(self, dice: random.Random) -> BaseProcess:
        return self._members[dice.choice(sorted(self._members))]


@pytest.fixture
def crew(shop: Workshop, tmp_path: Path) -> Iterator[Crew]:
    members = Crew(shop, tmp_path / "models", step_seconds=0.02)
    members.fill()
    yield members
    members.dismiss()


@pytest.fixture
def slow_crew(shop: Workshop, tmp_path: Path) -> Iterator[Crew]:
    members = Crew(shop, tmp_path / "models", step_seconds=0.05)
    members.fill()
    yield members
    members.dismiss()


def are_all_finished(shop: Workshop) -> bool:
    return all(job.status in FINISHED for job in list_jobs(shop.db, shop.project).items)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_LIMIT
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def wait_for_the_end(shop: Workshop) -> None:
    wait_until(lambda: are_all_finished(shop))


def attempts(shop: Workshop, exit_reason: str | None) -> int:
    with shop.db.read() as session:
        return session.query(AttemptRow).filter_by(exit_reason=exit_reason).count()


def weights_of_an_undisturbed_run() -> int:
    weights = 0
    for done in range(1, TOTAL + 1):
        weights = trained(weights, done)
    return weights


def events_of(shop: Workshop, job_id: str) -> list[JobEventRow]:
    return list(list_events(shop.db, shop.project, job_id, limit=1000).items[::-1])


def assert_told_once(shop: Workshop, job_id: str) -> None:
    events = [event for event in events_of(shop, job_id) if event.message not in PAUSING]
    steps = [event.data["step"] for event in events if event.type == "metrics" and event.data]
    assert steps == list(range(1, TOTAL + 1))
    told = [event.message for event in events]
    assert len(set(told)) == len(told)
    assert told[-1] == "The job has successfully completed"
    assert len(told) == 4 + TOTAL + 2 + 2


def test_every_job_survives_random_kills_and_ends_once(shop: Workshop, crew: Crew):
    dice = random.Random(2026)
    jobs = [shop.create().id for _ in range(JOBS)]
    kills = 0
    while kills < KILLS and not are_all_finished(shop):
        time.sleep(dice.uniform(0.02, 0.2))
        crew.kill_one(dice)
        crew.fill()
        kills += 1
    wait_for_the_end(shop)

    assert kills >= 5
    assert [job.status for job in list_jobs(shop.db, shop.project).items] == ["succeeded"] * JOBS
    for job_id in jobs:
        assert_told_once(shop, job_id)
    with shop.db.read() as session:
        assert session.query(AttemptRow).count() > JOBS
        assert sorted(row.object_id for row in session.query(OutboxRow)) == sorted(jobs)
        assert {row.trained_tokens for row in session.query(JobRow)} == {TOTAL}
        assert session.query(FileRow).filter_by(filename="step_metrics.csv").count() == JOBS
        assert session.query(CheckpointRow).count() == 3 * JOBS
        models = list_models(session, shop.project)
    assert len(models) == 3 * JOBS
    finals = [Path(model.directory) for model in models if model.kind == "final"]
    assert len(finals) == JOBS
    for directory in finals:
        assert int((directory / "weights").read_text()) == weights_of_an_undisturbed_run()


def test_every_job_that_is_paused_and_resumed_under_fire_ends_once(shop: Workshop, crew: Crew):
    dice = random.Random(4)
    jobs = [shop.create().id for _ in range(WORKERS)]
    pauses = 0
    while pauses < PAUSES and not are_all_finished(shop):
        job_id = dice.choice(jobs)
        with suppress(InvalidRequestError):
            pause_job(shop.db, shop.project, job_id)
            pauses += 1
        time.sleep(dice.uniform(0.0, 0.1))
        crew.kill_one(dice)
        crew.fill()
        with suppress(InvalidRequestError):
            resume_job(shop.db, shop.project, job_id)
    resume_until_finished(shop)

    assert pauses >= 3
    for job in list_jobs(shop.db, shop.project).items:
        assert job.status == "succeeded"
        told = [event.message for event in events_of(shop, job.id)]
        assert told.count("The job has been paused") == told.count("The job has been resumed")
        assert_told_once(shop, job.id)
    with shop.db.read() as session:
        finals = [model for model in list_models(session, shop.project) if model.kind == "final"]
    assert len(finals) == WORKERS
    for model in finals:
        weights = int((Path(model.directory) / "weights").read_text())
        assert weights == weights_of_an_undisturbed_run()


def resume_until_finished(shop: Workshop) -> None:
    def is_over() -> bool:
        for job in list_jobs(shop.db, shop.project).items:
            if job.status == "paused":
                resume_job(shop.db, shop.project, job.id)
        return are_all_finished(shop)

    wait_until(is_over)


def test_a_worker_that_wakes_up_late_can_change_nothing(shop: Workshop, slow_crew: Crew):
    dice = random.Random(7)
    jobs: list[str] = []
    # A worker that is frozen while it writes keeps the lock instead of losing its job, and the
    # others notice a silent one only when they look for work: so long enough, and again if need be.
    while attempts(shop, "lease_expired") == 0:
        assert len(jobs) < 20 * WORKERS
        jobs += [shop.create().id for _ in range(WORKERS)]
        wait_until(lambda: attempts(shop, None) == WORKERS)
        slow_crew.freeze_one(dice, seconds=2.0)
    wait_for_the_end(shop)
    for job_id in jobs:
        assert_told_once(shop, job_id)


def test_a_cancelled_job_stays_cancelled_under_its_busy_worker(shop: Workshop, slow_crew: Crew):
    jobs = [shop.create().id for _ in range(WORKERS)]
    for job_id in jobs[::2]:
        cancel_job(shop.db, shop.project, job_id)
    wait_for_the_end(shop)
    time.sleep(0.1)
    by_id = {job.id: job.status for job in list_jobs(shop.db, shop.project).items}
    assert [by_id[job_id] for job_id in jobs] == ["cancelled", "succeeded", "cancelled"]
    for job_id in jobs[::2]:
        newest = list_events(shop.db, shop.project, job_id, limit=1).items[0]
        assert newest.message == "The job has been cancelled"
