"""One server per home: a lock for the supervisor and one that its children share."""

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from understudy.errors import UnderstudyError

CHILDREN_LOCK = "children.lock"
"""The file in a home's `run/` that every process of its server holds locked."""
# Children of a killed supervisor end within a second; this is for a machine under load.
_ORPHANS_END_WITHIN_SECONDS = 10.0
_POLL_SECONDS = 0.05


class HomeInUseError(UnderstudyError):
    """Another server runs in this home."""


@dataclass(frozen=True, kw_only=True)
class HomeLock:
    """Both locks, held until the process ends or `release` is called."""

    supervisor_fd: int
    children_fd: int
    """Passed to every child, so that it is free only when the last of them is gone."""

    def note_address(self, address: str) -> None:
        """Leave the process id and the address for the message of a second server."""
        os.ftruncate(self.supervisor_fd, 0)
        os.pwrite(self.supervisor_fd, f"process {os.getpid()} at {address}".encode(), 0)

    def release(self) -> None:
        """Let the next server in."""
        os.close(self.children_fd)
        os.close(self.supervisor_fd)


def lock_home(run_directory: Path) -> HomeLock:
    """Take the home for this process, after the children of a killed predecessor have ended.

    Raises HomeInUseError at once when another supervisor lives.
    """
    supervisor_fd = _open(run_directory / "supervisor.lock")
    if not _try_lock(supervisor_fd):
        owner = _owner(supervisor_fd)
        os.close(supervisor_fd)
        raise HomeInUseError(
            f"Another understudy server ({owner}) already uses {run_directory.parent}. "
            "Stop it first, or give this one a --home of its own."
        )
    os.ftruncate(supervisor_fd, 0)
    children_fd = _open(run_directory / CHILDREN_LOCK)
    deadline = time.monotonic() + _ORPHANS_END_WITHIN_SECONDS
    while not _try_lock(children_fd):
        if time.monotonic() > deadline:
            os.close(children_fd)
            os.close(supervisor_fd)
            raise HomeInUseError(
                f"Processes of an earlier server still run in {run_directory.parent}; "
                "end them, then start again."
            )
        time.sleep(_POLL_SECONDS)
    return HomeLock(supervisor_fd=supervisor_fd, children_fd=children_fd)


def owner_of(run_directory: Path) -> str | None:
    """Return which server runs in a home, in words; None where none does."""
    with _tried(run_directory / "supervisor.lock") as held:
        return None if held is None else _owner(held)


def has_orphans(run_directory: Path) -> bool:
    """Say whether processes of a server run in a home, whether or not their supervisor does."""
    with _tried(run_directory / CHILDREN_LOCK) as held:
        return held is not None


def refuse_home_in_use(run_directory: Path) -> None:
    """Raise HomeInUseError where a server runs in a home that is to be replaced."""
    owner = owner_of(run_directory)
    if owner is not None:
        raise HomeInUseError(
            f"An understudy server ({owner}) uses {run_directory.parent}. Restore to another "
            "--home, or stop that server and move its home aside."
        )


@contextmanager
def _tried(path: Path) -> Generator[int | None]:
    """Open a lock that somebody holds; give None where nobody does."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        yield None if _try_lock(descriptor) else descriptor
    finally:
        os.close(descriptor)


def _owner(supervisor_fd: int) -> str:
    return os.pread(supervisor_fd, 200, 0).decode() or "a process that is starting"


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
