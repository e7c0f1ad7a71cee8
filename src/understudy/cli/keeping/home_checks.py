"""What can be seen of a home without its database: settings, rights, room and left-overs."""

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from understudy.cli.keeping.finding import Finding, fault
from understudy.config.settings import Settings
from understudy.errors import UnderstudyError
from understudy.registry.live_catalogue import catalogue_of_settings
from understudy.storage.backups.restoring import STAGING, is_interrupted
from understudy.worker.supervisor.home_lock import CHILDREN_LOCK, has_orphans

_MIN_FREE_BYTES = 1024**3
_OTHERS = 0o077


def home_findings(settings: Settings, owner: str | None) -> Iterator[Finding]:
    """Look at a home; `owner` is the server that runs in it, in words, if one does."""
    home = settings.home
    if is_interrupted(home):
        yield fault(
            "restore",
            home / STAGING,
            f"A restore into {home} was interrupted, so it is not whole; remove the directory and "
            "restore again.",
        )
    if not settings.pepper_file.exists():
        yield fault(
            "keys",
            settings.pepper_file,
            "The pepper is gone, so no API key is valid; stop the server and bring the file back "
            "from a backup, or make new keys with `understudy keys create` after the next start.",
        )
    yield from _of_rights(settings)
    yield from _of_bases(settings)
    free = shutil.disk_usage(home).free
    if free < _MIN_FREE_BYTES:
        yield fault(
            "disk",
            home,
            f"The disk of {home} has {free / 1e6:,.0f} MB free, and a checkpoint may find no room; "
            "delete models or exports that nobody needs.",
        )
    if owner is None and has_orphans(settings.run_directory):
        yield fault(
            "run",
            settings.run_directory,
            f"Processes of a server that was killed still run in {home}, and no other can start; "
            f"`fuser {settings.run_directory / CHILDREN_LOCK}` names them: end them.",
        )


def _of_rights(settings: Settings) -> Iterator[Finding]:
    home = settings.home
    status = home.stat()
    secrets = [
        settings.pepper_file,
        settings.settings_file,
        *(home / f"understudy.db{ending}" for ending in ("", "-wal", "-shm")),
        *(settings.blobs_directory, settings.models_directory, settings.logs_directory),
    ]
    for path in (each for each in secrets if each.exists()):
        found = path.stat()
        if found.st_uid != status.st_uid:
            yield fault(
                "rights",
                path,
                f"{path} belongs to another user than the home; give it back with "
                f"`chown --reference {home} {path}`.",
            )
        # What lies in a directory that is closed to others is closed to them too.
        elif stat.S_IMODE(found.st_mode) & stat.S_IMODE(status.st_mode) & _OTHERS:
            yield fault(
                "rights",
                path,
                f"Other users can reach {path}; close it with `chmod go= {path}`.",
            )


def _of_bases(settings: Settings) -> Iterator[Finding]:
    try:
        catalogue_of_settings(settings)
    except UnderstudyError as error:
        yield fault(
            "settings",
            settings.settings_file,
            f"{settings.settings_file} names what is not there: {error.message}",
        )
    for name, directory in {**settings.models, **settings.embedders}.items():
        if not (directory / "config.json").is_file():
            yield fault(
                "bases",
                directory,
                f"The model {name} is not in {directory}; bring its files back there, or remove it "
                f"with `understudy models remove {name}`.",
            )


def leftovers(directory: Path, before: float) -> list[Path]:
    """Return what a process that was killed left half written in a directory of models."""
    found = directory.glob("*/.*.partial")
    return [path for path in found if path.stat().st_mtime < before]
