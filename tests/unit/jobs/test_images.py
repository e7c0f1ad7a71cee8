from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from sqlalchemy import select

from tests.databases import new_database
from tests.jobs.workshop import CATALOGUE
from tests.pictures import drawn, url_of
from tests.unit.storage.test_garbage import collect, upload
from understudy.data.images.faults import UnusableImageError
from understudy.data.images.fetching import ImageFetcher
from understudy.data.images.sources import ImageReference
from understudy.jobs.creation import NewJob
from understudy.jobs.images import JobImages
from understudy.jobs.service import cancel_job, create_job
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.files.images import ImageShelf
from understudy.storage.projects import create_project
from understudy.storage.tables.images import JobImageRow


class Web(ImageFetcher):
    """Answers with another picture every time, and counts the questions."""

    asked: ClassVar[list[str]] = []

    def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if "broken" in url:
            return b"no picture"
        return drawn((len(self.asked), 0, 0))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = new_database(tmp_path / "understudy.db")
    yield database
    database.close()


@pytest.fixture
def project(db: Database) -> str:
    with db.write() as session:
        return create_project(session, "default", created_at=1).id


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


@pytest.fixture
def web() -> Web:
    Web.asked.clear()
    return Web()


@pytest.fixture
def job(db: Database, blobs: BlobStore, project: str) -> str:
    file = upload(db, project, blobs.write([b"training"]))
    new = NewJob(model="understudy-nano", training_file=file, organization="o")
    return create_job(db, CATALOGUE, project, new).id


@pytest.fixture
def shelf(db: Database, blobs: BlobStore, project: str, web: Web) -> ImageShelf:
    return ImageShelf(database=db, blobs=blobs, project_id=project, fetching=lambda: web)


PAGE = ImageReference(address="https://example.com/a.png")


def test_every_attempt_sees_the_picture_that_stood_at_the_address_first(
    shelf: ImageShelf, job: str, web: Web
):
    first = JobImages(shelf, job).image(PAGE)
    images = JobImages(shelf, job)
    assert [images.image(PAGE) for _ in range(2)] == [first, first]
    assert web.asked == [PAGE.address]


def test_a_refusal_is_remembered_too(shelf: ImageShelf, job: str, web: Web):
    broken = ImageReference(address="https://example.com/broken.png")
    said: list[str] = []
    for _ in range(2):
        with pytest.raises(UnusableImageError) as refused:
            JobImages(shelf, job).image(broken)
        said.append(refused.value.message)
    assert said[0] == said[1]
    assert len(web.asked) == 1


def test_the_pictures_of_a_job_stay_until_it_has_ended(
    shelf: ImageShelf, job: str, db: Database, blobs: BlobStore, project: str
):
    images = JobImages(shelf, job)
    fetched, written = images.image(PAGE), images.image(ImageReference(address=url_of(drawn())))
    assert collect(db, blobs) == 0
    assert {fetched.sha256, written.sha256} <= set(blobs.names())
    cancel_job(db, project, job)
    assert collect(db, blobs) == 2
    with db.read() as session:
        assert list(session.scalars(select(JobImageRow))) == []
