"""A PostgreSQL server of the tests' own, and which tests use it in SQLite's place."""

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from understudy.storage.database import Database

_PROGRAMS = "usr/lib/postgresql/*/bin"  # where Debian has them, beside what is on the path
_MIGRATED = "migrated"
# Nothing of a test has to survive a loss of power.
_SETTINGS = ("fsync=off", "listen_addresses=", "max_connections=300")


def on_postgresql() -> bool:
    """Say whether tests that could use either database use this one: `POSTGRESQL=1`."""
    return bool(os.environ.get("POSTGRESQL"))


needs_postgresql = pytest.mark.skipif(
    shutil.which("initdb") is None and not list(Path("/").glob(f"{_PROGRAMS}/initdb")),
    reason="PostgreSQL is not installed: apt-get install postgresql",
)

sqlite_only = pytest.mark.skipif(on_postgresql(), reason="is about SQLite's file")


class Cluster:
    """A server that listens on a Unix socket in a directory of its own, and its databases."""

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="pg-"))
        # It refuses to run as root.
        self._user = "nobody" if os.getuid() == 0 else None
        if self._user is not None:
            os.chown(self._directory, pwd.getpwnam(self._user).pw_uid, -1)
        self._data = self._directory / "data"
        self._numbers = count(1)
        self._run("initdb", "--no-sync", "--auth=trust", "--username=tests", str(self._data))
        self.start()
        self._make(_MIGRATED, template="template0")
        database = Database(self.url(_MIGRATED))
        database.migrate()
        database.close()

    def url(self, name: str) -> str:
        """Return how a database is named in the settings."""
        return f"postgresql://tests@/{name}?host={self._directory}"

    def new_database(self) -> str:
        """Make a database with the newest tables and return its URL."""
        name = f"test_{next(self._numbers)}"
        self._make(name, template=_MIGRATED)
        return self.url(name)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = [*_SETTINGS, f"unix_socket_directories={self._directory}"]
        options = " ".join(f"-c {setting}" for setting in settings)
        log = str(self._directory / "log")
        self._run("pg_ctl", "start", "--wait", "-D", str(self._data), "-l", log, "-o", options)

    def stop(self) -> None:
        """Break every connection and end the server."""
        self._run("pg_ctl", "stop", "--mode=immediate", "-D", str(self._data))

    def remove(self) -> None:
        """End the server and remove all that it stored."""
        self.stop()
        shutil.rmtree(self._directory)

    def _make(self, name: str, *, template: str) -> None:
        where = ("-h", str(self._directory), "-U", "tests")
        self._run("createdb", *where, "--template", template, name)

    def _run(self, program: str, *arguments: str) -> None:
        found = shutil.which(program) or str(next(Path("/").glob(f"{_PROGRAMS}/{program}")))
        done = subprocess.run(
            [found, *arguments],
            user=self._user,
            cwd=self._directory,
            stdin=subprocess.DEVNULL,
            # A pipe would stay open in the server that `pg_ctl` starts.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, f"{program} {arguments[0]} failed: {done.returncode}"


@cache
def shared_cluster() -> Cluster:
    """Start one server for all tests of a process; it ends with the process."""
    cluster = Cluster()
    atexit.register(cluster.remove)
    return cluster
