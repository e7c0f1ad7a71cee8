"""The database: connections, transactions, its clock, and what differs between dialects."""

import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session

from understudy.errors import UnderstudyError
from understudy.storage.changes import Changes, SqliteChanges, UnknownChanges
from understudy.storage.faults import busy, database_errors_typed
from understudy.wording import worded

_BUSY_TIMEOUT_SECONDS = 30
_OTHERS = 0o077
_MIGRATION_LOCK = 0x756E6473
_CLOCKS = {
    "sqlite": "SELECT (julianday('now') - 2440587.5) * 86400.0",
    "postgresql": "SELECT extract(epoch FROM clock_timestamp())",
}


class Database:
    """The one way to the rows: short transactions, each one business action.

    `clock` replaces the database's own clock, in seconds since 1970; only tests need it.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] | None = None) -> None:
        parsed = make_url(url)
        is_sqlite = parsed.get_backend_name() == "sqlite"
        if parsed.drivername == "postgresql":
            # The driver that is installed with understudy; another one can be named.
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = _engine(parsed, is_server=not is_sqlite)
        self._is_sqlite = is_sqlite
        self._reader = engine
        if not self._is_sqlite:
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ")
        self._writer = engine.execution_options(understudy_writes=True)
        self._clock_query = text(_CLOCKS[engine.dialect.name])
        self._clock = clock
        # SQLite has one writer: threads of a process queue here instead of polling the file.
        self._turn = threading.Lock()
        if self._is_sqlite:
            _configure_sqlite(engine)
            _make_private(Path(engine.url.database or ""))

    @classmethod
    def at(cls, path: Path) -> "Database":
        """Open the SQLite file at `path`; it is made by the first migration."""
        return cls(f"sqlite:///{path}")

    def migrate(self) -> None:
        """Bring the schema to the newest revision; safe when several processes do it at once.

        Raises what `write` raises; the schema is then what it was.
        """
        # Alembic is slow to import, and most processes never migrate.
        from understudy.storage.migrations.run import upgrade

        with (
            database_errors_typed(),
            self._turn_to_write(),
            self._writer.begin() as connection,
        ):
            if not self._is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            upgrade(connection)

    @contextmanager
    def read(self) -> Generator[Session, None, None]:
        """Open a transaction that sees one state of the database and changes nothing.

        Raises StorageFaultError when the database is damaged or its disk fails, and
        UnavailableError when it is away or busy.
        """
        with database_errors_typed(), Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Generator[Session, None, None]:
        """Open a transaction that may write; it commits at the end, or not at all.

        Raises StorageFullError when the disk is full, StorageFaultError when it is read-only,
        fails or is damaged, and UnavailableError when the database is away or others keep it for
        too long.
        """
        with (
            self._turn_to_write(),
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def now(self, session: Session) -> float:
        """Return the database's clock, which every process that shares the database agrees on."""
        if self._clock is not None:
            return self._clock()
        return float(session.execute(self._clock_query).scalar_one())

    def changes(self) -> Changes:
        """Return what says whether anything was written since the last look; close it."""
        return SqliteChanges(self._reader) if self._is_sqlite else UnknownChanges()

    def close(self) -> None:
        """Close every connection."""
        self._reader.dispose()

    @contextmanager
    def _turn_to_write(self) -> Generator[None, None, None]:
        if self._is_sqlite and not self._turn.acquire(timeout=_BUSY_TIMEOUT_SECONDS):
            raise busy()
        try:
            with database_errors_typed():
                yield
        finally:
            if self._is_sqlite:
                self._turn.release()


def _engine(url: URL, *, is_server: bool) -> Engine:
    try:
        # A server may have been restarted since a connection was used last; a file is not.
        return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=is_server)
    except ModuleNotFoundError as error:
        raise UnderstudyError(
            worded(
                "api.database_url_wants_driver",
                "database_url wants the driver '{name}', which is not installed. For "
                "PostgreSQL type: pip install 'understudy[postgresql]'",
                name=str(error.name),
            )
        ) from error


def _configure_sqlite(engine: Engine) -> None:
    event.listen(engine, "connect", _prepare_sqlite_connection)
    event.listen(engine, "begin", _begin_sqlite_transaction)


def _prepare_sqlite_connection(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not begin transactions by itself: it would begin them deferred, and a
    # deferred transaction fails at its first write when another writer was faster.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {_BUSY_TIMEOUT_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite_transaction(connection: Connection) -> None:
    is_write = connection.get_execution_options().get("understudy_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def _make_private(path: Path) -> None:
    """Make sure that a database file, made if it is not there, is for its owner alone.

    SQLite gives the files beside it the same mode. A file of another user is left as it is, and so
    is a name that is no path, as that of a database in memory.
    """
    if not path.is_absolute():
        return
    if not path.exists() and path.parent.is_dir():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        _close_to_others(path.with_name(name))


def _close_to_others(path: Path) -> None:
    try:
        status = path.stat()
    except OSError:
        return
    if status.st_uid == os.geteuid() and status.st_mode & _OTHERS:
        path.chmod(stat.S_IMODE(status.st_mode) & ~_OTHERS)
