"""The rows of a home move to PostgreSQL and back, all of them or none."""

import fcntl
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.postgresql import needs_postgresql, shared_cluster
from tests.unit.cli.support import run, words
from tests.unit.worker.support import Home
from understudy.storage.backups import database_copy
from understudy.storage.backups.database_copy import all_tables, copy_database
from understudy.storage.database import Database
from understudy.storage.tables.jobs import JobEventRow, JobRow
from understudy.worker.supervisor.home_lock import CHILDREN_LOCK, lock_home


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    database = Database.at(tmp_path / "empty.db")
    yield database
    database.close()


def unheard(_table: str, _rows: int) -> None:
    """Report nothing."""


def noting(
    write: Callable[[], AbstractContextManager[Session]], opened: list[Session]
) -> Callable[[], AbstractContextManager[Session]]:
    """Note the transactions that are opened."""

    @contextmanager
    def noted() -> Generator[Session]:
        with write() as session:
            opened.append(session)
            yield session

    return noted


def every_row(database: Database) -> dict[str, list[Any]]:
    with database.read() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table)))) for table in all_tables()
        }


@needs_postgresql
def test_a_home_moves_to_postgresql_and_back(home: Home, tmp_path: Path):
    url = shared_cluster().new_database()
    moved = run("database", "copy", "--to", url, "--home", str(home.path))
    assert moved.exit_code == 0, moved.output
    assert "each read back and found equal" in words(moved.output)
    there = Database(url)
    assert every_row(there) == every_row(home.database)
    with there.write() as session:  # its numbers continue after the last one
        last = max(session.scalars(select(JobRow.seq)))
        values = dict(session.execute(select(JobRow.__table__)).mappings().first() or {})
        session.add(JobRow(**{**values, "seq": None, "id": "ftjob-new"}))
        session.flush()
        assert session.scalars(select(JobRow.seq).where(JobRow.id == "ftjob-new")).one() > last
    settings = home.path.with_name("moved")
    settings.mkdir()
    (settings / "understudy.toml").write_text(f'database_url = "{url}"\n')
    (settings / "pepper").write_bytes((home.path / "pepper").read_bytes())
    back = tmp_path / "back.db"
    returned = run("database", "copy", "--to", f"sqlite:///{back}", "--home", str(settings))
    assert returned.exit_code == 0, returned.output
    here = Database.at(back)
    assert every_row(here) == every_row(there)
    here.close()
    there.close()


@needs_postgresql
def test_a_row_that_the_new_database_cannot_hold_is_named_and_nothing_is_copied(
    home: Home, tmp_path: Path
):
    source, target = Database.at(tmp_path / "one.db"), Database(shared_cluster().new_database())
    copy_database(home.database, source, unheard)
    with source.write() as session:
        session.execute(update(JobEventRow).values(message="an old text with \0"))
    with pytest.raises(database_copy.RowRefusedError, match=r"job_events.*NUL"):
        copy_database(source, target, unheard)
    assert not any(every_row(target).values())
    source.close()
    target.close()


def test_a_row_that_reads_differently_undoes_the_copy(
    home: Home, empty: Database, monkeypatch: pytest.MonkeyPatch
):
    def spoil(table: str, _rows: int) -> None:
        if table == "job_events":
            (writing,) = opened
            writing.execute(update(JobEventRow).values(message="another"))

    opened: list[Session] = []
    monkeypatch.setattr(empty, "write", noting(empty.write, opened))
    with pytest.raises(database_copy.CopyDiffersError, match="job_events"):
        copy_database(home.database, empty, spoil)
    assert not any(every_row(empty).values())


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("over there", "is no address of a database"),
        ("mysql://host/name", "Databases of the kind mysql are not supported"),
        ("sqlite:////no/such/directory/x.db", "no file in a directory that exists"),
        ("{home}", "the database that this home has already"),
        ("{filled}", "is not empty: its table projects holds rows"),
    ],
)
def test_what_cannot_be_filled_is_refused(
    home: Home, empty: Database, tmp_path: Path, to: str, why: str
):
    copy_database(home.database, empty, unheard)
    urls = {
        "home": f"sqlite:///{home.path}/understudy.db",
        "filled": f"sqlite:///{tmp_path}/empty.db",
    }
    refused = run("database", "copy", "--to", to.format(**urls), "--home", str(home.path))
    assert refused.exit_code == 1
    assert why in words(refused.output)


def test_a_home_whose_server_runs_or_never_ran_is_not_copied(home: Home, tmp_path: Path):
    (home.path / "run").mkdir(exist_ok=True)
    lock = lock_home(home.path / "run")
    to = f"sqlite:///{tmp_path}/new.db"
    in_use = run("database", "copy", "--to", to, "--home", str(home.path))
    lock.release()
    assert in_use.exit_code == 1
    assert "what it writes meanwhile would be lost" in words(in_use.output)
    with (home.path / "run" / CHILDREN_LOCK).open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        orphans = run("database", "copy", "--to", to, "--home", str(home.path))
    assert "Processes of an earlier server still run" in words(orphans.output)
    new = run("database", "copy", "--to", to, "--home", str(tmp_path / "new"))
    assert "has not been started yet" in words(new.output)
    assert not (tmp_path / "new.db").exists()
