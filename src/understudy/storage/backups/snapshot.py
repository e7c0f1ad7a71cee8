"""A SQLite database as it was at one moment, copied while others write to it."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from understudy.errors import StorageFaultError, StorageFullError
from understudy.wording import worded

_MAX_FINDINGS = 20


def take_snapshot(database: Path, target: Path) -> None:
    """Copy a database with all that was committed, through SQLite's online backup.

    `target` is replaced; it is one file, synced, without a log beside it. Raises StorageFaultError
    where the database cannot be read and StorageFullError where the copy finds no space.
    """
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with (
        _faults_named(database),
        closing(_connect(database)) as source,
        closing(_connect(target)) as copy,
    ):
        # All pages in one step: readers of a write-ahead log hold nobody up.
        source.backup(copy)
    settle(target)


def settle(database: Path) -> None:
    """Bring a database that nobody uses into its one file, synced."""
    with _faults_named(database), closing(_connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    with database.open("rb") as content:
        os.fsync(content.fileno())


def damages_of(database: Path) -> list[str]:
    """Check every page, index and reference of a database; returns what is wrong, in words."""
    try:
        with closing(_connect(database)) as connection:
            found = [
                str(text)
                for (text,) in connection.execute(f"PRAGMA integrity_check({_MAX_FINDINGS})")
            ]
            if found != ["ok"]:
                return [line for text in found for line in text.splitlines()][:_MAX_FINDINGS]
            broken = connection.execute("PRAGMA foreign_key_check").fetchmany(_MAX_FINDINGS)
            return [
                f"a row of {table} names a row of {of} that is gone" for table, _, of, _ in broken
            ]
    except sqlite3.DatabaseError as error:
        return [str(error)]


def damaged_tables(database: Path) -> list[str]:
    """Return the tables that a damage lies in, by themselves or in an index, as far as is known."""
    try:
        with closing(_connect(database)) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return [name for (name,) in tables.fetchall() if not _is_whole(connection, name)]
    except sqlite3.DatabaseError:
        return []


def _is_whole(connection: sqlite3.Connection, table: str) -> bool:
    try:
        found = connection.execute(f"PRAGMA integrity_check('{table}')").fetchone()
    except sqlite3.DatabaseError:
        return False
    return found == ("ok",)


def _connect(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True)
    connection.execute("PRAGMA busy_timeout = 30000")
    return connection


@contextmanager
def _faults_named(database: Path) -> Generator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise StorageFullError(
                worded(
                    "api.there_no_space_left_3",
                    "There is no space left for a copy of the database.",
                )
            ) from error
        raise StorageFaultError(
            worded(
                "api.cannot_copied_understudy_doctor",
                "{database} cannot be copied: {error}. `understudy doctor` says what is damaged.",
                database=database,
                error=str(error),
            )
        ) from error
