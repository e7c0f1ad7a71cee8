"""What the rows of a database name on the disk beside it."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from understudy.storage.backups.snapshot import settle, take_snapshot
from understudy.storage.database import Database
from understudy.storage.garbage import blobs_in_use, directories_in_use
from understudy.storage.migrations.run import newest_revision, revision_of


@dataclass(frozen=True, kw_only=True)
class Named:
    """What must lie on the disk for every row to be true."""

    blobs: frozenset[str]
    directories: frozenset[Path]
    """Models, checkpoints and saved states, and the bases of unfinished jobs."""


def named_by(database: Path) -> Named:
    """Read what a database that nobody uses names; one of an older schema is read from a copy."""
    if revision_of(database) == newest_revision():
        return _read(database)
    with TemporaryDirectory(dir=database.parent, prefix=".reading-") as aside:
        copy = Path(aside) / database.name
        take_snapshot(database, copy)
        return _read(copy)


def _read(path: Path) -> Named:
    database = Database.at(path.absolute())
    try:
        database.migrate()
        with database.read() as session:
            return Named(
                blobs=frozenset(blobs_in_use(session)),
                directories=frozenset(map(Path, directories_in_use(session))),
            )
    finally:
        database.close()
        settle(path)
