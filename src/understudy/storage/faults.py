"""What a database or a disk reports, as errors that say whose fault it is and what to do."""

import errno
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from understudy.errors import (
    StorageFaultError,
    StorageFullError,
    UnavailableError,
    UnderstudyError,
)
from understudy.wording import worded

_FULL = "There is no space left to record this; free some space and try again."
_READ_ONLY = StorageFaultError(
    worded(
        "api.database_cannot_written_file",
        "The database cannot be written: its file, disk or server is read-only. "
        "Whoever runs this server makes it writable; nothing was changed.",
    ),
    code="storage_read_only",
)
_FAILING = StorageFaultError(
    worded(
        "api.disk_database_failed_while",
        "The disk of the database failed while it was read or written. Whoever runs "
        "this server looks after the disk; nothing was changed.",
    ),
    code="storage_failing",
)
_DAMAGED = StorageFaultError(
    worded(
        "api.database_damaged_where_stored",
        "The database is damaged where this is stored. Whoever runs this server "
        "stops it and restores a backup.",
    ),
    code="storage_damaged",
)
_OF_SQLITE = {
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _READ_ONLY,
    sqlite3.SQLITE_IOERR: _FAILING,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
# By the SQLSTATE of PostgreSQL; those of two characters are whole classes.
_OF_POSTGRESQL = {
    "25006": _READ_ONLY,
    "58": _FAILING,
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
_DISK_FULL_STATE = "53100"
# Shutdown, start and crash of the server; broken connections; too many; lost races for locks.
_PASSING_STATES = ("57P0", "08", "53300", "40")
_OF_FILES = {
    errno.EROFS: "The disk is read-only",
    errno.EACCES: "This server may not write there",
    errno.EPERM: "This server may not write there",
    errno.EIO: "The disk failed",
}


def busy() -> UnavailableError:
    """Return the error for a database that others keep for too long."""
    return UnavailableError(
        worded(
            "api.database_busy_other_writes",
            "The database is busy with other writes; try again.",
        )
    )


def is_full(error: OSError) -> bool:
    """Say whether a disk, or a user's share of it, has no space left."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def database_errors_typed() -> Generator[None, None, None]:
    """Raise StorageFullError, StorageFaultError and UnavailableError for what they stand for."""
    try:
        yield
    except NoConnectionError as error:
        raise busy() from error
    except DBAPIError as error:
        typed = _typed(error)
        if typed is None:
            raise
        raise typed from error


@contextmanager
def file_errors_typed() -> Generator[None, None, None]:
    """Raise StorageFullError and StorageFaultError for what they stand for."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise StorageFullError(
                worded(
                    "api.there_no_space_left_4",
                    "There is no space left to store this file; nothing of it was kept.",
                )
            ) from error
        why = _OF_FILES.get(error.errno or 0)
        if why is None:
            raise
        raise StorageFaultError(
            worded(
                "api.so_file_not_stored",
                "{why}, so this file was not stored. Whoever runs this server looks "
                "after its disk.",
                why=why,
            ),
            code="storage_failing",
        ) from error


def _typed(error: DBAPIError) -> UnderstudyError | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        # The bits above say more exactly what kind of a kind it is.
        return _of_sqlite(code & 0xFF)
    return _of_postgresql(error)


def _of_sqlite(kind: int) -> UnderstudyError | None:
    match kind:
        case sqlite3.SQLITE_FULL:
            return StorageFullError(_FULL)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return busy()
        case _:
            return _copy(_OF_SQLITE.get(kind))


def _of_postgresql(error: DBAPIError) -> UnderstudyError | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state is None:
        # No server said it: there is none, or the connection to it is gone.
        is_gone = error.connection_invalidated or isinstance(error, OperationalError)
        return (
            UnavailableError(
                worded(
                    "api.database_cannot_reached_try",
                    "The database cannot be reached; try again.",
                )
            )
            if is_gone
            else None
        )
    if state == _DISK_FULL_STATE:
        return StorageFullError(_FULL)
    if state.startswith(_PASSING_STATES):
        return UnavailableError(
            worded(
                "api.database_restarting_busy_try",
                "The database is restarting or busy; try again.",
            )
        )
    return _copy(_OF_POSTGRESQL.get(state) or _OF_POSTGRESQL.get(state[:2]))


def _copy(fault: StorageFaultError | None) -> StorageFaultError | None:
    """Return a new error: one that was raised keeps its traceback."""
    return None if fault is None else StorageFaultError(fault.message, code=fault.code)
