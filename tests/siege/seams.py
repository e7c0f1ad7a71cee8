"""Seams at which a step towards a disk fails, the process dies, or the power goes."""

import errno
import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from understudy.storage.database import Database


class Fault(Enum):
    """What happens at a step."""

    FAILS = "fails"
    FULL = "has no space"
    DIES = "dies"
    LOSES = "loses power"


class DiedError(BaseException):
    """The process is gone: nothing of it runs any more, so no handler may undo anything."""


class Disk:
    """What of some directories is durable: contents and names that were synced, and no others.

    The database is left out: SQLite syncs it itself at every commit.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sizes: dict[int, int] = {}
        self._names: dict[int, set[str]] = {}
        for directory, _, files in os.walk(root):
            self._note(Path(directory).stat(), Path(directory))
            for name in files:
                self._note(Path(directory, name).stat(), Path(directory, name))

    def synced(self, descriptor: int) -> None:
        """Note what a sync made durable."""
        self._note(os.fstat(descriptor), Path(f"/proc/self/fd/{descriptor}").readlink())

    def lose_power(self) -> None:
        """Leave only what is durable: a new name is gone, and a content that changed is empty."""
        self._lose(self._root)

    def _note(self, status: os.stat_result, path: Path) -> None:
        if stat.S_ISDIR(status.st_mode):
            self._names[status.st_ino] = {child.name for child in path.iterdir()}
        else:
            self._sizes[status.st_ino] = status.st_size

    def _lose(self, directory: Path) -> None:
        durable = self._names.get(directory.stat().st_ino, set())
        for path in directory.iterdir():
            if path.name.startswith("understudy.db"):
                continue
            if path.name not in durable:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            elif path.is_dir():
                self._lose(path)
            elif self._sizes.get(path.stat().st_ino) != path.stat().st_size:
                path.write_bytes(b"")


class Seams:
    """Counts the steps that reach a disk, and lets one of them fail."""

    def __init__(self, fault: Fault, at: int, root: Path) -> None:
        self._fault, self._at = fault, at
        self.steps = 0
        self.has_died = False
        # Threads that others left in this process do what they do.
        self._thread = threading.get_ident()
        self.disk = Disk(root)

    @contextmanager
    def around(self, database: Database) -> Iterator[None]:
        """Put the seams into this process, for as long as the context lasts."""
        engine = database._reader
        kept = {name: getattr(owner, name) for owner, name in _FILE_CALLS}
        for owner, name in _FILE_CALLS:
            setattr(owner, name, self._wrapped(kept[name], is_sync=name == "fsync"))
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)
        try:
            yield
        finally:
            event.remove(engine, "before_cursor_execute", self._statement)
            event.remove(engine, "commit", self._commit)
            for owner, name in _FILE_CALLS:
                setattr(owner, name, kept[name])

    def last_step(self) -> None:
        """The answer is on its way: a process that dies here did all, and nobody knows."""
        if self._fault is Fault.DIES:
            self._pass(lambda: DiedError())

    def _wrapped(self, call: Callable[..., Any], *, is_sync: bool) -> Callable[..., Any]:
        def stepped(*arguments: Any, **named: Any) -> Any:
            if threading.get_ident() != self._thread:
                return call(*arguments, **named)
            number = errno.ENOSPC if self._fault is Fault.FULL else errno.EIO
            self._pass(lambda: OSError(number, "a fault"))
            result = call(*arguments, **named)
            if is_sync:
                self.disk.synced(arguments[0])
            return result

        return stepped

    def _statement(self, *_: Any) -> None:
        self._pass(self._database_fault)

    def _commit(self, _connection: Any) -> None:
        self._pass(self._database_fault)

    def _database_fault(self) -> Exception:
        failed = sqlite3.OperationalError("a fault")
        is_full = self._fault is Fault.FULL
        failed.sqlite_errorcode = sqlite3.SQLITE_FULL if is_full else sqlite3.SQLITE_IOERR_WRITE
        return OperationalError("a statement", {}, failed)

    def _pass(self, error: Callable[[], BaseException]) -> None:
        if self.has_died:
            raise DiedError
        self.steps += 1
        if self.steps != self._at:
            return
        if self._fault in (Fault.DIES, Fault.LOSES):
            self.has_died = True
            raise DiedError
        raise error()


_FILE_CALLS = (
    (os, "fsync"),
    (os, "mkdir"),
    (Path, "replace"),
    (Path, "rename"),
    (Path, "unlink"),
)
