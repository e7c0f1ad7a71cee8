import pytest

from understudy.errors import InvalidRequestError
from understudy.storage.blobs import Blob
from understudy.storage.database import Database
from understudy.storage.files.files import NewFile, delete_file, find_file, insert_file
from understudy.storage.idempotency import Repeatable, find_made, once, recall, remember
from understudy.storage.projects import create_project


def request(body: str = "1", may_be_repetition: bool = True) -> Repeatable:
    return Repeatable(key="k", body_sha256=body, may_be_repetition=may_be_repetition)


def file_once(db: Database, project: str) -> str:
    blob = Blob(sha256="a" * 64, bytes=3)
    with db.write() as session:
        new = NewFile(
            project_id=project, purpose="evals", filename="a.jsonl", blob=blob, created_at=100
        )
        row = once(
            session,
            project,
            request(),
            now=100,
            find=lambda id: find_file(session, project, id),
            make=lambda: insert_file(session, new),
        )
        return row.id


def test_a_request_that_comes_twice_makes_one_thing(db: Database, project: str):
    assert file_once(db, project) == file_once(db, project)


def test_what_was_deleted_meanwhile_is_made_anew(db: Database, project: str):
    first = file_once(db, project)
    with db.write() as session:
        delete_file(session, project, first)
    assert file_once(db, project) != first


def test_what_takes_long_to_make_is_found_before_it_is_made_again(db: Database, project: str):
    lasting = request()
    assert find_made(db, project, lasting, find_file) is None
    made = file_once(db, project)
    with db.write() as session:
        remember(session, project, lasting, made, now=int(db.now(session)))
    found = find_made(db, project, lasting, find_file)
    assert found is not None
    assert found.id == made


def test_a_repeated_request_finds_what_it_made(db: Database, project: str):
    with db.write() as session:
        assert recall(session, project, request(), now=101) is None
        remember(session, project, request(), "file-1", now=100)
    with db.read() as session:
        assert recall(session, project, request(), now=101) == "file-1"
        assert recall(session, project, request(may_be_repetition=False), now=101) is None


def test_a_key_belongs_to_its_project(db: Database, project: str):
    with db.write() as session:
        other = create_project(session, "other", created_at=1).id
        remember(session, project, request(), "file-1", now=100)
        assert recall(session, other, request(), now=101) is None


def test_a_key_with_another_body_is_refused(db: Database, project: str):
    with db.write() as session:
        remember(session, project, request("1"), "file-1", now=100)
        with pytest.raises(InvalidRequestError, match="different body"):
            recall(session, project, request("2"), now=101)


def test_the_newest_object_answers_a_repetition(db: Database, project: str):
    with db.write() as session:
        remember(session, project, request(), "file-1", now=100)
        remember(session, project, request(), "file-2", now=101)
        assert recall(session, project, request(), now=101) == "file-2"


def test_a_day_later_a_key_is_forgotten(db: Database, project: str):
    with db.write() as session:
        remember(session, project, request(), "file-1", now=100)
        other = Repeatable(key="other", body_sha256="1", may_be_repetition=True)
        remember(session, project, other, "file-2", now=100 + 86_401)
        assert recall(session, project, request(), now=101) is None


def test_a_mark_guessed_from_a_body_counts_for_its_own_lifetime_only(db: Database, project: str):
    guessed = Repeatable(key="k", body_sha256="1", may_be_repetition=True, lifetime_seconds=900)
    with db.write() as session:
        remember(session, project, guessed, "file-1", now=100)
        assert recall(session, project, guessed, now=1000) == "file-1"
        assert recall(session, project, guessed, now=1001) is None
