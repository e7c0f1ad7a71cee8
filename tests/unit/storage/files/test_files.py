import re

import pytest

from understudy.errors import NotFoundError
from understudy.schemas.lists import Cursor, Order
from understudy.storage.blobs import Blob
from understudy.storage.database import Database
from understudy.storage.files.files import (
    NewFile,
    delete_file,
    get_file,
    insert_file,
    list_files,
)
from understudy.storage.garbage import delete_expired
from understudy.storage.projects import create_project
from understudy.storage.tables.projects import FileRow


def add(db: Database, project: str, purpose: str = "fine-tune", expires: int | None = None) -> str:
    with db.write() as session:
        new = NewFile(
            project_id=project,
            purpose=purpose,
            filename="a.jsonl",
            blob=Blob(sha256="a" * 64, bytes=3),
            created_at=7,
            expires_at=expires,
        )
        return insert_file(session, new).id


def test_a_file_is_processed_as_soon_as_it_is_there(db: Database, project: str):
    name = add(db, project)
    with db.read() as session:
        row = get_file(session, project, name)
    assert re.fullmatch(r"file-\w{24}", row.id)
    assert (row.status, row.bytes, row.created_at, row.expires_at) == ("processed", 3, 7, None)


def test_files_are_listed_by_purpose_from_either_end(db: Database, project: str):
    names = [add(db, project), add(db, project, "batch"), add(db, project)]
    with db.read() as session:
        newest = list_files(session, project, Cursor())
        oldest = list_files(session, project, Cursor(order=Order.OLDEST_FIRST, after=names[0]))
        batch = list_files(session, project, Cursor(), purpose="batch")
    assert [row.id for row in newest.items] == names[::-1]
    assert [row.id for row in oldest.items] == names[1:]
    assert [row.id for row in batch.items] == [names[1]]
    assert not newest.has_more


def test_a_loop_that_deletes_what_it_lists_reaches_every_file(db: Database, project: str):
    for _ in range(7):
        add(db, project)
    after = None
    for _ in range(10):
        with db.write() as session:
            page = list_files(session, project, Cursor(after=after, limit=2))
            for row in page.items:
                delete_file(session, project, row.id)
                after = row.id
    with db.read() as session:
        assert list_files(session, project, Cursor()).items == ()


def test_another_projects_file_answers_like_an_unknown_one(db: Database, project: str):
    with db.write() as session:
        other = create_project(session, "other", created_at=1).id
    name = add(db, other)
    for operation in (get_file, delete_file):
        for unknown in (name, "file-unknown", "../x"):
            with db.write() as session, pytest.raises(NotFoundError) as caught:
                operation(session, project, unknown)
            assert caught.value.message == f"No such File object: {unknown}"
            assert caught.value.param == "id"


def test_a_file_goes_when_its_time_is_over(db: Database, project: str):
    kept, _gone = add(db, project, expires=101), add(db, project, expires=100)
    with db.write() as session:
        delete_expired(session, FileRow, 100.5)
        assert [row.id for row in list_files(session, project, Cursor()).items] == [kept]
