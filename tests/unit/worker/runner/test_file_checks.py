"""Files of jobs that wait are checked while the trainer is busy with another."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.workshop import Clock, Workshop, open_workshop
from understudy.data.files.formats import Method
from understudy.jobs.following import read_news
from understudy.jobs.lease import claim
from understudy.jobs.lifecycle import JobStatus
from understudy.jobs.progress import validated
from understudy.jobs.queue.waiting import unchecked_jobs
from understudy.jobs.service import get_job
from understudy.storage.blobs import BlobStore
from understudy.storage.files.files import NewFile, insert_file
from understudy.storage.tables.jobs import JobRow
from understudy.worker.runner.file_checks import check_files

GOOD = b'{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n' * 10
PAIR = (
    b'{"input":{"messages":[{"role":"user","content":"a"}]},'
    b'"preferred_output":[{"role":"assistant","content":"b"}],'
    b'"non_preferred_output":[{"role":"assistant","content":"c"}]}\n'
) * 10


class Room:
    """Jobs, their files, and a look at those that wait."""

    def __init__(self, shop: Workshop, blobs: BlobStore, clock: Clock) -> None:
        self.shop, self.blobs, self.clock = shop, blobs, clock

    def file(self, content: bytes) -> str:
        with self.shop.db.write() as session:
            new = NewFile(
                project_id=self.shop.project,
                purpose="fine-tune",
                filename="train.jsonl",
                blob=self.blobs.write([content]),
                created_at=1,
            )
            return insert_file(session, new).id

    def job(self, content: bytes, **changes: object) -> str:
        return self.shop.create(training_file=self.file(content), **changes).id

    def look(self) -> None:
        self.clock.advance(2)
        for job in unchecked_jobs(self.shop.db):
            check_files(self.shop.db, self.blobs, job)

    def now(self, job_id: str) -> JobRow:
        return get_job(self.shop.db, self.shop.project, job_id)

    def place(self, job_id: str) -> int | None:
        return read_news(self.shop.db, self.shop.project, job_id, after=0).queue_place


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    clock = Clock()
    shop = open_workshop(tmp_path / "understudy.db", clock)
    yield Room(shop, BlobStore(tmp_path / "blobs"), clock)
    shop.db.close()


def test_a_bad_file_is_reported_while_another_job_is_trained(room: Room):
    trained = room.job(GOOD)
    assert claim(room.shop.db, "trainer-1") is not None
    bad = room.job(GOOD.replace(b"assistant", b"asistant"))
    room.look()
    failed = room.now(bad)
    assert (failed.status, failed.error_code) == (JobStatus.FAILED, "invalid_training_file")
    assert failed.error_param == "training_file"
    # Who holds a job checks its files too.
    assert room.now(trained).status == JobStatus.VALIDATING_FILES


def test_good_files_put_a_job_into_the_queue_once(room: Room):
    job = room.job(GOOD, validation_file=room.file(GOOD))
    room.look()
    assert room.now(job).status == JobStatus.QUEUED
    held = claim(room.shop.db, "trainer-1")
    assert held is not None
    validated(room.shop.db, held)
    messages = [
        event.message for event in read_news(room.shop.db, room.shop.project, job, after=0).messages
    ]
    assert messages.count("Files validated, moving job to queued state") == 1


@pytest.mark.parametrize(
    ("method", "content", "status"),
    [
        (Method.DPO, PAIR, JobStatus.QUEUED),
        (Method.DPO, GOOD, JobStatus.FAILED),
        (Method.SUPERVISED, GOOD[:-90], JobStatus.FAILED),
    ],
)
def test_files_are_read_by_the_method_of_the_job(
    room: Room, method: Method, content: bytes, status: JobStatus
):
    job = room.job(content, method=method)
    room.look()
    assert room.now(job).status == status


def test_a_bad_validation_file_is_named(room: Room):
    job = room.job(GOOD, validation_file=room.file(b"{}\n"))
    room.look()
    assert room.now(job).error_param == "validation_file"


def test_jobs_that_wait_know_their_places(room: Room):
    first, second, third = (room.job(GOOD) for _ in range(3))
    assert [room.place(job) for job in (first, second, third)] == [1, 2, 3]
    assert claim(room.shop.db, "trainer-1") is not None
    assert [room.place(job) for job in (first, second, third)] == [None, 2, 3]


def test_a_file_that_cannot_be_read_is_left_to_the_trainer_and_the_others_are_checked(room: Room):
    lost, bad = room.job(GOOD), room.job(b'{"messages": []}\n' * 10)
    room.blobs.path(room.now(lost).training_blob).unlink()
    room.look()
    assert room.now(lost).status == JobStatus.VALIDATING_FILES
    assert room.now(bad).status == JobStatus.FAILED
