import pytest
from sqlalchemy import text

from tests.postgresql import sqlite_only
from understudy.errors import NotFoundError
from understudy.schemas.lists import Cursor, Order
from understudy.storage.answers.chat import (
    completion_metadata,
    delete_completion,
    get_completion,
    list_completions,
    metadata_rows,
    replace_completion_metadata,
)
from understudy.storage.answers.filters import StoredFilter
from understudy.storage.database import Database
from understudy.storage.garbage import delete_expired
from understudy.storage.projects import create_project
from understudy.storage.tables.answers import CompletionMetadataRow, CompletionRow

ALL = StoredFilter()


def store(db: Database, project: str, name: str, metadata=None, **changes) -> None:
    values = {
        "id": name,
        "project_id": project,
        "model": "m",
        "created_at": 100,
        "expires_at": 1000,
        "messages": [{"role": "user", "content": "hi"}],
        "settings": {"temperature": 1.0},
        "answer": {"id": name, "choices": []},
    }
    with db.write() as session:
        session.add(CompletionRow(pairs=metadata_rows(metadata or {}), **(values | changes)))


def names(db: Database, project: str, conditions: StoredFilter = ALL, **page) -> list[str]:
    with db.read() as session:
        cursor = Cursor(**({"order": Order.OLDEST_FIRST} | page))
        found = list_completions(session, project, conditions, cursor)
        return [row.id for row in found.items]


def test_what_was_stored_is_found_whole(db: Database, project: str):
    store(db, project, "a", metadata={"task": "greet"})
    with db.read() as session:
        row = get_completion(session, project, "a")
    assert row.messages == [{"role": "user", "content": "hi"}]
    assert row.settings == {"temperature": 1.0}
    assert row.answer == {"id": "a", "choices": []}
    assert completion_metadata(row) == {"task": "greet"}


def test_another_project_finds_nothing(db: Database, project: str):
    store(db, project, "a")
    with db.write() as session:
        other = create_project(session, "other", created_at=1).id
    assert names(db, other) == []
    for forbidden in (get_completion, delete_completion):
        with db.write() as session, pytest.raises(NotFoundError):
            forbidden(session, other, "a")
    assert names(db, project) == ["a"]


def test_a_list_keeps_to_its_conditions(db: Database, project: str):
    store(db, project, "a", metadata={"task": "x", "user": "1"})
    store(db, project, "b", metadata={"task": "x"}, model="n", created_at=200)
    store(db, project, "c", metadata={"task": "y"}, created_at=300)
    assert names(db, project, StoredFilter(metadata={"task": "x"})) == ["a", "b"]
    assert names(db, project, StoredFilter(metadata={"task": "x", "user": "1"})) == ["a"]
    assert names(db, project, StoredFilter(model="m")) == ["a", "c"]
    assert names(db, project, StoredFilter(created_after=100, created_before=300)) == ["b"]


def test_pages_go_either_way(db: Database, project: str):
    for name in "abc":
        store(db, project, name)
    assert names(db, project, limit=2) == ["a", "b"]
    assert names(db, project, limit=2, after="b") == ["c"]
    assert names(db, project, order=Order.NEWEST_FIRST, after="c") == ["b", "a"]


def test_new_metadata_takes_the_place_of_the_old(db: Database, project: str):
    store(db, project, "a", metadata={"task": "x", "gone": "1"})
    with db.write() as session:
        replace_completion_metadata(session, project, "a", {"task": "y", "new": "2"})
    with db.read() as session:
        assert completion_metadata(get_completion(session, project, "a")) == {
            "task": "y",
            "new": "2",
        }
    assert names(db, project, StoredFilter(metadata={"task": "x"})) == []


def test_what_has_expired_goes_with_its_metadata(db: Database, project: str):
    store(db, project, "old", expires_at=500, metadata={"k": "v"})
    store(db, project, "new", metadata={"k": "v"})
    with db.write() as session:
        delete_expired(session, CompletionRow, 500)
    assert names(db, project) == ["new"]
    with db.read() as session:
        pairs = session.query(CompletionMetadataRow).all()
    assert [pair.completion_id for pair in pairs] == ["new"]


def test_deleting_one_takes_its_metadata_along(db: Database, project: str):
    store(db, project, "a", metadata={"k": "v"})
    with db.write() as session:
        delete_completion(session, project, "a")
    with db.read() as session:
        assert session.query(CompletionMetadataRow).count() == 0


@sqlite_only
@pytest.mark.parametrize("table", ["completions", "responses"])
def test_lists_by_model_and_metadata_use_indexes(db: Database, table: str):
    pairs, owner = f"{table[:-1]}_metadata", f"{table[:-1]}_id"
    by_pair = f"SELECT {owner} FROM {pairs} WHERE key = 'k' AND value = 'v'"
    by_model = f"SELECT seq FROM {table} WHERE project_id = 'p' AND model = 'm' AND created_at > 1"
    with db.read() as session:
        for query in (by_pair, by_model):
            plan = session.execute(text(f"EXPLAIN QUERY PLAN {query}")).all()
            assert "USING COVERING INDEX" in plan[0][-1] or "USING INDEX" in plan[0][-1]
