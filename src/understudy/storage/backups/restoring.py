"""Brings a backup into an empty home: verified first, and there all at once."""

import fcntl
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from understudy.errors import StorageFullError
from understudy.storage.backups.files import close_and_sync, copy_file, sync_directory
from understudy.storage.backups.manifest import (
    DATABASE,
    BackupError,
    BackupManifest,
    faults_of,
    listed,
    read_manifest,
)
from understudy.storage.backups.moving import move_paths
from understudy.storage.backups.snapshot import damages_of, settle
from understudy.storage.faults import is_full
from understudy.storage.migrations.run import revision_of
from understudy.wording import worded

STAGING = ".restoring"
"""A home that has this directory is not whole: its restore was interrupted."""


def check_backup(backup: Path) -> BackupManifest:
    """Verify every byte of a backup; raises BackupError, or NewerSchemaError for a newer schema."""
    manifest = read_manifest(backup)
    faults = faults_of(backup, manifest)
    if not faults:
        revision_of(backup / DATABASE)
        faults = damages_of(backup / DATABASE)
    if faults:
        raise BackupError(
            worded(
                "api.damaged_nothing_restored_take",
                "{backup} is damaged: {faults}. Nothing was restored; take another backup.",
                backup=backup,
                faults=listed(faults),
            )
        )
    return manifest


def restore_backup(
    backup: Path,
    manifest: BackupManifest,
    home: Path,
    built_in: Path,
    *,
    adapt: Callable[[Path], None],
) -> None:
    """Bring a backup that was checked into a home that is empty or not there.

    `adapt` changes the settings in the directory that it is given, before they are in place. Raises
    BackupError for a home that holds anything, and StorageFullError; then nothing is left there.
    """
    _check_empty(home)
    is_ours = not home.exists()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    staging = home / STAGING
    try:
        with _disk_faults_named(home), _locked(home):
            _check_empty(home)
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(mode=0o700)
            _fill(staging, backup, manifest, home, built_in)
            adapt(staging)
            close_and_sync(staging)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        if is_ours:
            home.rmdir()
        raise
    _put_in_place(staging, home)


def is_interrupted(home: Path) -> bool:
    """Say whether a restore into a home was begun and never ended."""
    return (home / STAGING).is_dir()


def _fill(
    staging: Path, backup: Path, manifest: BackupManifest, home: Path, built_in: Path
) -> None:
    for path, entry in manifest.files.items():
        copied = copy_file(backup / path, staging / path)
        if copied.sha256 != entry.sha256:
            raise BackupError(
                worded(
                    "api.changed_while_restored",
                    "{backup} changed while it was restored.",
                    backup=backup / path,
                )
            )
    for path, target in manifest.links.items():
        link = staging / path
        link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        inside = target.removeprefix("home:")
        link.symlink_to(target if inside == target else home / inside)
    move_paths(
        staging / DATABASE,
        {Path(manifest.home): home, Path(manifest.built_in): built_in},
    )
    settle(staging / DATABASE)


def _put_in_place(staging: Path, home: Path) -> None:
    # The database comes last: without it, a server would begin a new one.
    for path in sorted(staging.iterdir(), key=lambda path: path.name == DATABASE):
        path.rename(home / path.name)
    sync_directory(home)
    staging.rmdir()
    sync_directory(home)


def _check_empty(home: Path) -> None:
    if not home.exists():
        return
    if not home.is_dir():
        raise BackupError(
            worded(
                "api.no_directory_name_another",
                "{home} is no directory; name another --home.",
                home=home,
            )
        )
    held = sorted(path.name for path in home.iterdir() if path.name != STAGING)
    if held and is_interrupted(home):
        raise BackupError(
            worded(
                "api.earlier_restore_into_interrupted",
                "An earlier restore into {home} was interrupted; remove that "
                "directory, and restore again.",
                home=home,
            )
        )
    if held:
        raise BackupError(
            worded(
                "api.not_empty_holds_restore",
                "{home} is not empty (it holds {names}): a restore never replaces "
                "anything. Restore to another --home, or move this one aside first: "
                "mv {home} {home}.old",
                home=home,
                names=", ".join(held[:3]),
            )
        )


@contextmanager
def _locked(home: Path) -> Generator[None]:
    descriptor = os.open(home, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(
                worded(
                    "api.another_restore_into_running",
                    "Another restore into {home} is running.",
                    home=home,
                )
            ) from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _disk_faults_named(home: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise StorageFullError(
                worded(
                    "api.there_no_space_left_2",
                    "There is no space left at {home}; nothing was restored.",
                    home=home,
                )
            ) from error
        raise BackupError(
            worded(
                "api.cannot_restored",
                "{filename} cannot be restored: {strerror}.",
                filename=error.filename or home,
                strerror=str(error.strerror),
            )
        ) from error
