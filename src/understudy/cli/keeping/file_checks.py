"""Whether every file and model that a row names is there and whole, and what no row names."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from understudy.cli.keeping.finding import Finding, fault, note
from understudy.cli.keeping.home_checks import leftovers
from understudy.config.settings import Settings
from understudy.modeling.checkpoints import MANIFEST, CorruptCheckpointError, verify_directory
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.garbage import blobs_in_use, directories_in_use
from understudy.storage.tables.jobs import CheckpointRow, TunedModelRow
from understudy.storage.tables.projects import FileRow

# As long as a running server leaves what has no row yet.
_GRACE_SECONDS = 600.0
_MAX_NAMED = 3


class _Rows(NamedTuple):
    blobs: Mapping[str, str]
    """Blobs to the words for what names each."""
    directories: Mapping[Path, str]
    manifests: Mapping[Path, str]
    """Directories of checkpoints to the hashes of their manifests."""


class Looked(NamedTuple):
    """How much was looked at."""

    files: int
    models: int


def look_at_files(
    settings: Settings, database: Database, *, is_quick: bool, findings: list[Finding]
) -> Looked:
    """Add what is found of blobs and models; raises what the database raises.

    Quickly means that files are only looked for, and not read.
    """
    rows = _read(database)
    found = [*_of_blobs(settings, rows, is_quick), *_of_models(settings, rows, is_quick)]
    if any(each.subject for each in found):
        # What the server deletes while it is looked for is named by no row afterwards.
        rows = _read(database)
        named = {*rows.blobs, *map(str, rows.directories)}
        found = [each for each in found if each.subject in named]
    findings += found
    findings += _unnamed(settings, rows)
    return Looked(len(rows.blobs), len(rows.directories))


def _read(database: Database) -> _Rows:
    blobs: dict[str, list[str]] = defaultdict(list)
    models: dict[str, list[str]] = defaultdict(list)
    with database.read() as session:
        for sha256 in blobs_in_use(session):
            blobs[sha256] = []
        for row in session.scalars(select(FileRow)):
            blobs[row.sha256].append(f"{row.id} ({row.filename})")
        for directory in directories_in_use(session):
            models[directory] = []
        for model in session.scalars(select(TunedModelRow)):
            models[model.directory].append(model.name)
        manifests = {
            Path(row.directory): row.manifest_sha256
            for row in session.scalars(select(CheckpointRow))
            if row.directory in models
        }
    return _Rows(
        blobs={name: _words(users, "unfinished work") for name, users in blobs.items()},
        directories={Path(name): _words(users, "a job") for name, users in models.items()},
        manifests=manifests,
    )


def _of_blobs(settings: Settings, rows: _Rows, is_quick: bool) -> Iterator[Finding]:
    store = BlobStore(settings.blobs_directory)
    for sha256, users in sorted(rows.blobs.items()):
        path = store.path(sha256)
        what = "bring it back from a backup, or upload the file again and delete this one."
        if not path.is_file():
            yield fault("files", sha256, f"The bytes of {users} are gone ({path}); {what}")
        elif not is_quick and _sha256(path) != sha256:
            yield fault("files", sha256, f"The bytes of {users} are damaged ({path}); {what}")


def _of_models(settings: Settings, rows: _Rows, is_quick: bool) -> Iterator[Finding]:
    for directory, users in sorted(rows.directories.items()):
        is_own = directory.is_relative_to(settings.models_directory)
        what = "bring the directory back from a backup, or delete the model."
        if not is_own and directory in rows.manifests:
            yield fault(
                "models",
                directory,
                f"{users} is looked for in another home, {directory}, as this one was copied or "
                "moved by hand: use `understudy backup` and `understudy restore`, which change "
                "the paths too.",
            )
            continue
        if not directory.is_dir():
            yield fault("models", directory, f"{users} is gone from {directory}: {what}")
            continue
        # Bases have no manifest: they come from elsewhere.
        damage = _damage_of(directory, rows.manifests.get(directory)) if is_own else None
        if damage is not None and not is_quick:
            yield fault(
                "models", directory, f"{users} is damaged in {directory} ({damage}): {what}"
            )


def _damage_of(directory: Path, manifest_sha256: str | None) -> str | None:
    try:
        verify_directory(directory)
    except CorruptCheckpointError as error:
        return str(error)
    if manifest_sha256 not in (None, _sha256(directory / MANIFEST)):
        return f"{MANIFEST} is not the one that was recorded"
    return None


def _unnamed(settings: Settings, rows: _Rows) -> Iterator[Finding]:
    before = time.time() - _GRACE_SECONDS
    store = BlobStore(settings.blobs_directory)
    unnamed = [store.path(name) for name in store.names() if name not in rows.blobs]
    old = [path for path in unnamed if path.is_file() and path.stat().st_mtime < before]
    if old:
        size = sum(path.stat().st_size for path in old)
        yield note(
            "files",
            settings.blobs_directory,
            f"{len(old)} file(s) in {settings.blobs_directory} ({size / 1e6:,.1f} MB) are named by "
            "no row; a running server deletes them by and by.",
        )
    kept = {path.parts[-2:] for path in rows.directories}
    models = [
        path
        for pattern in ("*/*step-*", "*/*resume-*")
        for path in settings.models_directory.glob(pattern)
        if path.parts[-2:] not in kept and path.stat().st_mtime < before
    ]
    models = [*models, *leftovers(settings.models_directory, before)]
    if models:
        names = _words([str(path) for path in sorted(set(models))], "")
        yield note(
            "models",
            settings.models_directory,
            f"No row names {names}; the trainer deletes them when it has no job.",
        )


def _words(users: list[str], otherwise: str) -> str:
    shown = ", ".join(sorted(users)[:_MAX_NAMED])
    rest = len(users) - _MAX_NAMED
    return (f"{shown} and {rest} more" if rest > 0 else shown) or otherwise


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()
