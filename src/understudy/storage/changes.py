"""Whether anything was written to the database since the last look, for a few microseconds."""

import sqlite3
from typing import Protocol

from sqlalchemy import Engine


class Changes(Protocol):
    """Asked again and again by who waits for work; costs much less than to look for it."""

    def since_last_look(self) -> bool:
        """Say whether another transaction may have been committed; True at the first look."""
        ...

    def close(self) -> None:
        """Give back what the looks need."""
        ...


class SqliteChanges:
    """Compares SQLite's own counter of commits, which every process sees.

    https://sqlite.org/pragma.html#pragma_data_version: it is another number for a connection
    whenever any *other* connection has committed, so this one must never write.
    """

    def __init__(self, engine: Engine) -> None:
        # Not a transaction of SQLAlchemy's: an open one would see one state for ever.
        self._pooled = engine.raw_connection()
        connection = self._pooled.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        self._connection = connection
        self._version: int | None = None

    def since_last_look(self) -> bool:
        """Say whether the counter has moved, or cannot be read: whoever looks meets the reason."""
        try:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return True
        is_new = version != self._version
        self._version = version
        return is_new

    def close(self) -> None:
        """Give the connection back."""
        self._pooled.close()


class UnknownChanges:
    """Where the database has no such counter: something may always have changed."""

    def since_last_look(self) -> bool:
        """Say yes."""
        return True

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""
