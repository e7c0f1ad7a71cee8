"""Makes a backup of a home while its server runs: whole and verified, or not at all."""

import os
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path

from understudy.errors import StorageFullError
from understudy.modeling.checkpoints import (
    CorruptCheckpointError,
    published_files,
    verify_directory,
)
from understudy.storage.backups.files import close_and_sync, copy_file
from understudy.storage.backups.home import BLOBS, HomeParts
from understudy.storage.backups.manifest import (
    DATABASE,
    BackupError,
    BackupManifest,
    FileEntry,
    faults_of,
    listed,
    write_manifest,
)
from understudy.storage.backups.named import Named, named_by
from understudy.storage.backups.snapshot import damages_of, take_snapshot
from understudy.storage.faults import is_full
from understudy.storage.migrations.run import revision_of
from understudy.wording import worded

# What is deleted between a look at the rows and the copy is no longer named by a second look.
_LOOKS = 5
_PAUSE_SECONDS = 0.5


def make_backup(
    parts: HomeParts,
    destination: Path,
    *,
    version: str,
    created_at: int,
    is_lenient: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> BackupManifest:
    """Copy a home to an empty directory and verify every byte; returns what the backup consists of.

    Raises BackupError, StorageFaultError or StorageFullError, and leaves nothing there then. What
    is damaged or gone already is one such error, unless `is_lenient`: then it is left out by name.
    """
    with _disk_faults_named(destination):
        is_ours = _prepare(parts.home, destination)
    try:
        with _disk_faults_named(destination):
            return _Making(parts, destination, report).make(
                version=version, created_at=created_at, is_lenient=is_lenient
            )
    except BaseException:
        _clear(destination, with_itself=is_ours)
        raise


class _Making:
    """One backup in the making."""

    def __init__(self, parts: HomeParts, backup: Path, report: Callable[[str], None]) -> None:
        self._parts = parts
        self._backup = backup
        self._report = report
        self._files: dict[str, FileEntry] = {}
        self._links: dict[str, str] = {}
        self._left_out = list(parts.left_out)

    def make(self, *, version: str, created_at: int, is_lenient: bool) -> BackupManifest:
        for tree in self._parts.trees:
            self._copy_tree(tree)
        lost = self._copy_rows_and_named()
        if lost and not is_lenient:
            raise BackupError(
                worded(
                    "api.understudy_doctor_says_more",
                    "{lost}. `understudy doctor` says more; with --leave-out-damaged "
                    "the rest is backed up.",
                    lost=listed(lost),
                )
            )
        self._left_out += [f"{fault}, so it is not in the backup." for fault in lost]
        database = self._backup / DATABASE
        copied = _entry_of(database)
        manifest = BackupManifest(
            version=version,
            created_at=created_at,
            revision=revision_of(database),
            home=str(self._parts.home),
            built_in=str(self._parts.built_in),
            files={**self._files, DATABASE: copied},
            links=self._links,
            left_out=self._left_out,
        )
        self._report("Reading the copy again")
        faults = faults_of(self._backup, manifest)
        if faults:
            raise BackupError(
                worded(
                    "api.what_written_not_what",
                    "What was written to {backup} is not what is read there: "
                    "{faults}. Choose another disk.",
                    backup=self._backup,
                    faults=listed(faults),
                )
            )
        close_and_sync(self._backup)
        write_manifest(self._backup, manifest)
        return manifest

    def _copy_rows_and_named(self) -> list[str]:
        """Copy the database and all that it names; returns what is damaged or gone, in words."""
        lost: list[str] = []
        for look in range(_LOOKS):
            if look:
                time.sleep(_PAUSE_SECONDS)
            else:
                self._report("Copying the database, and the files and models that it names")
            take_snapshot(self._parts.database, self._backup / DATABASE)
            self._refuse_damages()
            named = named_by(self._backup / DATABASE)
            lost = [*self._copy_blobs(named), *self._copy_directories(named)]
            if not lost:
                break
        return lost

    def _refuse_damages(self) -> None:
        damages = damages_of(self._backup / DATABASE)
        if damages:
            raise BackupError(
                worded(
                    "api.database_damaged_copy_would",
                    "The database is damaged: {damages}. A copy of it would be too; "
                    "restore an earlier backup, or see `understudy doctor`.",
                    damages=listed(damages),
                )
            )

    def _copy_blobs(self, named: Named) -> Iterator[str]:
        for sha256 in sorted(named.blobs):
            path = f"{BLOBS}/{sha256[:2]}/{sha256}"
            if path in self._files:
                continue
            try:
                entry = self._copy(self._parts.home / path, path)
            except FileNotFoundError:
                yield f"The file {path} is gone"
                continue
            if entry.sha256 != sha256:
                self._forget(path)
                yield f"The file {path} is damaged"

    def _copy_directories(self, named: Named) -> Iterator[str]:
        for directory in sorted(named.directories):
            if not directory.is_relative_to(self._parts.home / "models"):
                self._mention_outside(directory)
                continue
            path = directory.relative_to(self._parts.home).as_posix()
            if f"{path}/manifest.json" in self._files:
                continue
            try:
                for file in published_files(directory):
                    self._copy(file, file.relative_to(self._parts.home).as_posix())
                verify_directory(self._backup / path)
            except (CorruptCheckpointError, FileNotFoundError) as error:
                for copied in [each for each in self._files if each.startswith(f"{path}/")]:
                    self._forget(copied)
                what = (
                    "is gone" if isinstance(error, FileNotFoundError) else f"is damaged ({error})"
                )
                yield f"The model {path} {what}"

    def _mention_outside(self, directory: Path) -> None:
        """Say of a model elsewhere that it is not copied; those that ship are everywhere."""
        known = (*self._parts.trees, self._parts.built_in)
        if not any(directory.is_relative_to(tree) for tree in known):
            self._mention(f"The model {directory} lies outside of the home.")

    def _mention(self, sentence: str) -> None:
        if sentence not in self._left_out:
            self._left_out.append(sentence)

    def _copy_tree(self, tree: Path) -> None:
        if tree.is_file() and not tree.is_symlink():
            self._copy(tree, tree.relative_to(self._parts.home).as_posix())
        if not tree.is_dir():
            return
        self._report(f"Copying {tree.relative_to(self._parts.home)}")
        for folder, directories, names in os.walk(tree):
            # What is still being fetched, and the records of that, have hidden names.
            directories[:] = [
                name
                for name in directories
                if not name.startswith(".") or Path(folder, name).is_symlink()
            ]
            for name in (*directories, *names):
                path = Path(folder, name)
                inside = path.relative_to(self._parts.home).as_posix()
                if path.is_symlink():
                    self._links[inside] = self._target(path)
                elif name in names:
                    self._copy(path, inside)

    def _target(self, link: Path) -> str:
        target = link.parent / link.readlink()
        if target.is_relative_to(self._parts.home):
            return f"home:{target.relative_to(self._parts.home).as_posix()}"
        self._mention(f"{target.parent} lies outside of the home, and links lead there.")
        return str(target)

    def _copy(self, source: Path, path: str) -> FileEntry:
        copied = copy_file(source, self._backup / path)
        entry = FileEntry(bytes=copied.bytes, sha256=copied.sha256)
        self._files[path] = entry
        return entry

    def _forget(self, path: str) -> None:
        (self._backup / path).unlink()
        del self._files[path]


def _entry_of(path: Path) -> FileEntry:
    with path.open("rb") as content:
        return FileEntry(
            bytes=path.stat().st_size, sha256=file_digest(content, "sha256").hexdigest()
        )


def _prepare(home: Path, destination: Path) -> bool:
    """Make the directory of a backup; says whether it was not there before."""
    if destination.resolve().is_relative_to(home.resolve()):
        raise BackupError(
            worded(
                "api.lies_home_itself_backup",
                "{destination} lies in the home itself; a backup belongs on another disk.",
                destination=destination,
            )
        )
    if destination.is_dir() and not any(destination.iterdir()):
        return False
    if destination.exists() or destination.is_symlink():
        raise BackupError(
            worded(
                "api.there_already_not_empty",
                "{destination} is there already and is not empty. Name a directory "
                "that is new, such as {name}-2; an earlier backup is never "
                "overwritten.",
                destination=destination,
                name=destination.name,
            )
        )
    destination.mkdir(mode=0o700, parents=True)
    return True


def _clear(destination: Path, *, with_itself: bool) -> None:
    for path in destination.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if with_itself:
        destination.rmdir()


@contextmanager
def _disk_faults_named(destination: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise StorageFullError(
                worded(
                    "api.there_no_space_left",
                    "There is no space left at {destination}; nothing of the backup was kept.",
                    destination=destination,
                )
            ) from error
        raise BackupError(
            worded(
                "api.cannot_copied",
                "{filename} cannot be copied: {strerror}.",
                filename=error.filename or destination,
                strerror=str(error.strerror),
            )
        ) from error
