from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import new_database
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.projects import create_project


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
