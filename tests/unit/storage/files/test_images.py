import hashlib

import pytest
from sqlalchemy.orm import Session

from tests.pictures import drawn, url_of
from tests.unit.storage.test_garbage import collect
from understudy.chat.messages import Image, ImageDetail
from understudy.data.images.addresses import kept_url
from understudy.data.images.faults import ImageFault, UnusableImageError
from understudy.data.images.sources import ImageReference
from understudy.storage.blobs import Blob, BlobStore
from understudy.storage.database import Database
from understudy.storage.files.files import NewFile, insert_file
from understudy.storage.files.images import ImageLibrary, RequestImages, keep_until
from understudy.storage.projects import create_project
from understudy.storage.tables.images import ImageRow

RED = drawn()


@pytest.fixture
def library(db: Database, blobs: BlobStore) -> ImageLibrary:
    return ImageLibrary(database=db, blobs=blobs, fetching=lambda: None)


@pytest.fixture
def images(library: ImageLibrary, project: str) -> RequestImages:
    return RequestImages(shelf=library.of(project))


def upload(db: Database, project: str, blob: Blob, purpose: str = "vision") -> str:
    with db.write() as session:
        new = NewFile(project_id=project, purpose=purpose, filename="f", blob=blob, created_at=1)
        return insert_file(session, new).id


def fault_of(images: RequestImages, reference: ImageReference) -> UnusableImageError:
    with pytest.raises(UnusableImageError) as refused:
        images.image(reference)
    return refused.value


def test_an_image_is_kept_once_under_its_hash(
    images: RequestImages, db: Database, blobs: BlobStore, project: str
):
    file_id = upload(db, project, blobs.write([RED]))
    written = ImageReference(address=url_of(RED), detail=ImageDetail.LOW)
    image = images.image(written)
    sha256 = hashlib.sha256(RED).hexdigest()
    assert image == Image(sha256=sha256, width=8, height=6, detail=ImageDetail.LOW)
    assert images.image(ImageReference(address=file_id, is_file=True)).sha256 == sha256
    assert images.image(ImageReference(address=kept_url(sha256))).sha256 == sha256
    assert list(blobs.names()) == [sha256]
    assert blobs.path(sha256).read_bytes() == RED


def test_requests_that_show_one_image_at_once_keep_it_once(
    images: RequestImages, db: Database, monkeypatch: pytest.MonkeyPatch
):
    written = ImageReference(address=url_of(RED))
    images.image(written)
    # As if both had looked before either had written.
    seeing, is_first = Session.get, iter([True])

    def get(self: Session, *which: object, **how: object) -> object:
        if which[0] is ImageRow and next(is_first, False):
            return None
        return seeing(self, *which, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Session, "get", get)
    images.image(written)
    monkeypatch.undo()
    with db.read() as session:
        assert session.query(ImageRow).count() == 1


def test_a_kept_image_goes_when_nothing_refers_to_it(
    images: RequestImages, db: Database, blobs: BlobStore, project: str
):
    image = images.image(ImageReference(address=url_of(RED)))
    assert collect(db, blobs) == 0
    with db.write() as session:
        row = session.get_one(ImageRow, (project, image.sha256))
        row.expires_at = 1
    with db.write() as session:
        keep_until(session, project, [image], int(db.now(session)) + 100)
    assert collect(db, blobs) == 0
    with db.write() as session:
        session.get_one(ImageRow, (project, image.sha256)).expires_at = 1
    assert collect(db, blobs) == 1
    gone = fault_of(images, ImageReference(address=kept_url(image.sha256)))
    assert gone.fault is ImageFault.FILE_NOT_FOUND


def test_images_of_other_projects_and_of_other_purposes_are_not_found(
    images: RequestImages, library: ImageLibrary, db: Database, blobs: BlobStore, project: str
):
    with db.write() as session:
        other = create_project(session, "other", created_at=1).id
    image = RequestImages(shelf=library.of(other)).image(ImageReference(address=url_of(RED)))
    theirs = upload(db, other, blobs.write([RED]))
    mine = upload(db, project, blobs.write([RED]), purpose="user_data")

    for reference in (
        ImageReference(address=kept_url(image.sha256)),
        ImageReference(address=kept_url("../../etc/passwd")),
        ImageReference(address=theirs, is_file=True),
        ImageReference(address="file-none", is_file=True),
    ):
        assert fault_of(images, reference).fault is ImageFault.FILE_NOT_FOUND
    said = fault_of(images, ImageReference(address=mine, is_file=True))
    assert 'upload images with the purpose "vision"' in said.message


def test_no_url_is_fetched_unless_the_operator_lets_it(images: RequestImages):
    said = fault_of(images, ImageReference(address="https://example.com/a.png"))
    assert "fetch_images" in said.message
