import pytest

from understudy.errors import NotFoundError
from understudy.schemas.lists import Cursor, Order
from understudy.storage.answers.filters import ResponseFilter
from understudy.storage.answers.responses import (
    delete_response,
    get_response,
    list_responses,
)
from understudy.storage.database import Database
from understudy.storage.garbage import delete_expired
from understudy.storage.tables.answers import ResponseEventRow, ResponseMetadataRow, ResponseRow


def store(db: Database, project: str, name: str, metadata=None, **changes) -> None:
    values = {
        "id": name,
        "project_id": project,
        "model": "m",
        "created_at": 100,
        "expires_at": 1000,
        "status": "completed",
        "is_background": False,
        "is_streamed": False,
        "lease_until": None,
        "instructions": None,
        "user": None,
        "temperature": 1.0,
        "top_p": 1.0,
        "reasoning_effort": None,
        "input": [],
        "body": {"id": name},
        "token_ids": [1, 2],
        "renderer_hash": "h",
    }
    with db.write() as session:
        pairs = [ResponseMetadataRow(key=k, value=v) for k, v in (metadata or {}).items()]
        session.add(ResponseRow(pairs=pairs, **(values | changes)))


def names(db: Database, project: str, **conditions) -> list[str]:
    with db.read() as session:
        cursor = Cursor(order=Order.OLDEST_FIRST)
        found = list_responses(session, project, ResponseFilter(**conditions), cursor)
        return [row.id for row in found.items]


def test_a_list_keeps_to_its_conditions(db: Database, project: str):
    store(db, project, "a", instructions="Answer 100% in French.", user="u1", temperature=0.5)
    store(db, project, "b", instructions="Be brief.", user="u2", metadata={"k": "v"})
    store(db, project, "c", reasoning_effort="low", top_p=0.5)
    assert names(db, project) == ["a", "b", "c"]
    assert names(db, project, instructions_contain="100%") == ["a"]
    assert names(db, project, instructions_contain="_") == []
    assert names(db, project, users=("u1", "u2")) == ["a", "b"]
    assert names(db, project, metadata={"k": "v"}) == ["b"]
    assert names(db, project, temperature=0.5) == ["a"]
    assert names(db, project, top_p=0.5, reasoning_effort="low") == ["c"]


def test_a_response_goes_with_its_events(db: Database, project: str):
    for name in ("deleted", "expired"):
        store(db, project, name, expires_at=500)
        with db.write() as session:
            session.add(ResponseEventRow(response_id=name, sequence_number=0, type="t", data="{}"))
    with db.write() as session:
        delete_response(session, project, "deleted")
        delete_expired(session, ResponseRow, 500)
    with db.read() as session:
        assert session.query(ResponseEventRow).count() == 0
        with pytest.raises(NotFoundError, match="Response with id 'deleted' not found"):
            get_response(session, project, "deleted")
