import stat
import threading
from pathlib import Path

from sqlalchemy import select

from understudy.storage.database import Database
from understudy.storage.keys import (
    create_key,
    has_keys,
    load_pepper,
    project_of_key,
    register_key,
)
from understudy.storage.tables.projects import ApiKeyRow

PEPPER = b"p" * 32


def test_a_key_opens_its_project_and_no_other_key_does(db: Database, project: str):
    with db.write() as session:
        assert not has_keys(session)
        key = create_key(session, project, "first", pepper=PEPPER)
        assert has_keys(session)
    with db.read() as session:
        found = project_of_key(session, key, pepper=PEPPER)
        assert found is not None
        assert found.id == project
        for wrong in (key + "x", key[:-1], "", "sk-\ud800", "ключ"):
            assert project_of_key(session, wrong, pepper=PEPPER) is None


def test_a_key_is_long_random_and_nowhere_in_the_database(db: Database, project: str):
    with db.write() as session:
        keys = {create_key(session, project, "k", pepper=PEPPER) for _ in range(2)}
    assert len(keys) == 2
    assert all(key.startswith("sk-") and len(key) >= 46 for key in keys)
    with db.read() as session:
        for row in session.scalars(select(ApiKeyRow)):
            assert len(row.digest) == 64
            assert not any(key in str(vars(row)) for key in keys)


def test_a_key_is_worthless_under_another_pepper(db: Database, project: str):
    with db.write() as session:
        key = create_key(session, project, "k", pepper=PEPPER)
        assert project_of_key(session, key, pepper=b"q" * 32) is None


def test_a_bootstrap_key_can_be_registered_at_every_start(db: Database, project: str):
    for _ in range(2):
        with db.write() as session:
            register_key(session, project, "sk-mine", name="bootstrap", pepper=PEPPER)
    with db.read() as session:
        found = project_of_key(session, "sk-mine", pepper=PEPPER)
        assert found is not None
        assert len(session.scalars(select(ApiKeyRow)).all()) == 1


def test_the_pepper_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path):
    path = tmp_path / "pepper"
    seen: set[bytes] = set()
    threads = [threading.Thread(target=lambda: seen.add(load_pepper(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {path.read_bytes()}
    assert len(path.read_bytes()) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["pepper"]
