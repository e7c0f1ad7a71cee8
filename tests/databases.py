"""New databases of tests: one is migrated, and all others are copies of it."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.postgresql import on_postgresql, shared_cluster
from understudy.storage.database import Database


def new_database(path: Path, clock: Callable[[], float] | None = None) -> Database:
    """Make an SQLite file with the newest tables at `path` and open it.

    Where all tests are to use PostgreSQL, it is a database there.
    """
    if on_postgresql():
        return Database(shared_cluster().new_database(), clock=clock)
    path.write_bytes(_migrated())
    return Database(f"sqlite:///{path}", clock=clock)


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "understudy.db"
        database = Database.at(path)
        database.migrate()
        database.close()
        return path.read_bytes()
