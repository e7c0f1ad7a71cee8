import os
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.databases import new_database
from tests.jobs.workshop import PROCESSES
from tests.postgresql import sqlite_only
from understudy.errors import StorageFaultError, StorageFullError, UnavailableError
from understudy.storage.database import Database
from understudy.storage.faults import database_errors_typed
from understudy.storage.projects import create_project, list_projects
from understudy.storage.tables.base import Row
from understudy.storage.tables.projects import ApiKeyRow, ProjectRow


def ddl(path: Path) -> dict[str, set[str]]:
    """Return what each table and index declares; their order says nothing."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        found = {name: " ".join(sql.split()).removesuffix(" )") for name, sql in rows}
    engine.dispose()
    own = {name: sql for name, sql in found.items() if name != "alembic_version"}
    # SQLite quotes the name of a table that was renamed.
    return {
        name: {part.strip(" )") for part in sql.replace('"', "").split(", ")}
        for name, sql in own.items()
    }


@sqlite_only
def test_the_migrations_make_exactly_the_tables_the_code_expects(db: Database, tmp_path: Path):
    engine = create_engine(f"sqlite:///{tmp_path / 'understudy.db'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Row.metadata) == []
    engine.dispose()


@sqlite_only
def test_the_migrated_tables_are_word_for_word_the_declared_ones(db: Database, tmp_path: Path):
    declared = create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    Row.metadata.create_all(declared)
    declared.dispose()
    assert ddl(tmp_path / "understudy.db") == ddl(tmp_path / "declared.db")


def test_migrating_again_changes_nothing_and_keeps_the_rows(db: Database, project: str):
    db.migrate()
    with db.read() as session:
        assert [found.id for found in list_projects(session)] == [project]


def _migrate(path: str) -> None:
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()


def test_several_processes_may_migrate_a_new_database_at_once(tmp_path: Path):
    path = tmp_path / "new.db"
    racers = [PROCESSES.Process(target=_migrate, args=(str(path),)) for _ in range(3)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(60)
    assert [racer.exitcode for racer in racers] == [0, 0, 0]
    engine = create_engine(f"sqlite:///{path}")
    assert set(Row.metadata.tables) <= set(inspect(engine).get_table_names())
    engine.dispose()


@sqlite_only
def test_sqlite_is_set_up_to_lose_nothing(db: Database):
    with db.read() as session:
        values = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_transaction_that_fails_writes_nothing(db: Database):
    def write_and_fail() -> None:
        with db.write() as session:
            create_project(session, "doomed", created_at=1)
            raise RuntimeError("broken off")

    with pytest.raises(RuntimeError, match="broken off"):
        write_and_fail()
    with db.read() as session:
        assert list_projects(session) == []


def test_rows_can_be_read_after_their_session_is_gone(db: Database, project: str):
    with db.read() as session:
        (row,) = list_projects(session)
    assert (row.id, row.name) == (project, "default")


def test_a_reader_sees_one_state_while_others_write(db: Database):
    with db.read() as session:
        assert list_projects(session) == []
        with db.write() as writer:
            create_project(writer, "new", created_at=1)
        assert list_projects(session) == []
    with db.read() as session:
        assert len(list_projects(session)) == 1


def test_writers_of_many_threads_all_succeed(db: Database):
    def write(number: int) -> None:
        for n in range(5):
            with db.write() as session:
                assert len(list_projects(session)) >= n
                create_project(session, f"{number}-{n}", created_at=1)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read() as session:
        assert len(list_projects(session)) == 30


@sqlite_only
def test_writers_with_their_own_connections_wait_for_each_other(db: Database, tmp_path: Path):
    other = Database.at(tmp_path / "understudy.db")

    def write() -> None:
        with other.write() as session:
            create_project(session, "second", created_at=2)

    thread = threading.Thread(target=write)
    with db.write() as session:
        create_project(session, "first", created_at=1)
        thread.start()
        time.sleep(0.1)
        assert [project.name for project in list_projects(session)] == ["first"]
    thread.join()
    with db.read() as session:
        assert [project.name for project in list_projects(session)] == ["first", "second"]
    other.close()


def test_rows_must_belong_to_something_that_exists(db: Database):
    def write_orphan() -> None:
        with db.write() as session:
            session.add(ApiKeyRow(id="k", project_id="nobody", name="n", digest="d", created_at=1))

    with pytest.raises(IntegrityError):
        write_orphan()


def test_the_clock_is_the_databases(db: Database):
    with db.read() as session:
        assert db.now(session) == pytest.approx(time.time(), abs=2)


@sqlite_only
def test_a_full_database_is_a_typed_error_and_heals_when_there_is_space(db: Database):
    def fill() -> None:
        with db.write() as session:
            session.execute(text("PRAGMA max_page_count = 1"))
            for number in range(200):
                create_project(session, "x" * 1000, created_at=number)

    with pytest.raises(StorageFullError, match="no space left"):
        fill()
    with db.write() as session:
        session.execute(text("PRAGMA max_page_count = 1000000"))
        create_project(session, "after", created_at=1)
    with db.read() as session:
        assert [project.name for project in list_projects(session)] == ["after"]


@sqlite_only
def test_changes_are_seen_once_whoever_made_them(tmp_path: Path):
    path = tmp_path / "understudy.db"
    database, other = new_database(path), Database.at(path)
    changes = database.changes()
    assert [changes.since_last_look() for _ in range(3)] == [True, False, False]
    for writer in (database, other):
        with writer.write() as session:
            create_project(session, "new", created_at=1)
        assert [changes.since_last_look() for _ in range(2)] == [True, False]
    with other.read() as session:
        session.execute(text("SELECT count(*) FROM projects"))
    assert not changes.since_last_look()
    changes.close()
    database.close()
    other.close()


def modes(directory: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in directory.iterdir()}


def test_others_cannot_read_a_new_database_nor_one_of_an_earlier_version(tmp_path: Path):
    old_mask = os.umask(0o022)
    try:
        for path in (tmp_path / "new.db", tmp_path / "old.db"):
            path.parent.mkdir(exist_ok=True)
            if path.stem == "old":
                path.write_bytes((tmp_path / "new.db").read_bytes())
                path.with_name("old.db-wal").write_bytes(b"")
            database = Database.at(path)
            database.migrate()
            assert set(modes(tmp_path).values()) == {0o600}
            database.close()
    finally:
        os.umask(old_mask)


@sqlite_only
def test_a_read_only_database_is_a_typed_error(db: Database):
    with db.write() as session:
        session.execute(text("PRAGMA query_only = ON"))
    with pytest.raises(StorageFaultError, match="read-only"), db.write() as session:
        create_project(session, "new", created_at=1)


@sqlite_only
def test_a_damaged_page_is_a_typed_error_and_the_rest_still_answers(tmp_path: Path):
    path = tmp_path / "understudy.db"
    database = new_database(path)
    with database.write() as session:
        for number in range(2000):
            session.add(ProjectRow(id=f"proj_{number}", name="x" * 200, created_at=1))
    database.close()
    pages = bytearray(path.read_bytes())
    pages[-8 * 4096 :] = b"\xff" * 8 * 4096
    path.write_bytes(pages)
    database = Database.at(path)
    with pytest.raises(StorageFaultError, match="damaged"), database.read() as session:
        list_projects(session)
    with database.read() as session:
        assert session.scalars(select(ApiKeyRow)).all() == []
    database.close()


class PostgresError(Exception):
    """What its driver raises, as far as it is looked at."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("words of the server")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("state", "typed"),
    [
        (None, UnavailableError),
        ("57P01", UnavailableError),
        ("08006", UnavailableError),
        ("53300", UnavailableError),
        ("40P01", UnavailableError),
        ("25006", StorageFaultError),
        ("58030", StorageFaultError),
        ("XX001", StorageFaultError),
        ("53100", StorageFullError),
        ("42601", OperationalError),
    ],
)
def test_what_postgresql_reports_is_typed_by_its_state(state: str | None, typed: type[Exception]):
    with pytest.raises(typed), database_errors_typed():
        raise OperationalError("SELECT 1", {}, PostgresError(state))


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_WRITE])
def test_a_failing_disk_is_a_typed_error(code: int):
    failed = sqlite3.OperationalError("disk I/O error")
    failed.sqlite_errorcode = code
    with pytest.raises(StorageFaultError, match="disk of the database"), database_errors_typed():
        raise OperationalError("COMMIT", {}, failed)


def test_an_upgrade_that_finds_no_space_says_so_and_can_be_done_again(tmp_path: Path):
    database = Database.at(tmp_path / "understudy.db")

    def limit(pages: int) -> None:
        with database._writer.connect() as connection:
            connection.execute(text(f"PRAGMA max_page_count = {pages}"))

    limit(20)
    with pytest.raises(StorageFullError):
        database.migrate()
    limit(1_000_000)
    database.migrate()
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM projects")).scalar_one() == 0
    database.close()
