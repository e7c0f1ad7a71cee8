"""The list of a backup: its files with their sizes and hashes, its links, and what is not in it."""

import json
import os
from collections.abc import Sequence
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from understudy.errors import UnderstudyError
from understudy.storage.backups.files import sync_directory
from understudy.wording import worded

MANIFEST = "backup.json"
DATABASE = "understudy.db"
_MAX_LISTED = 10


class BackupError(UnderstudyError):
    """A backup cannot be made, or one cannot be restored; the text says why and what to do."""


def _is_inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or PurePosixPath(path).as_posix() != path:
        raise ValueError("is not a path below the backup")
    return path


_Inside = Annotated[str, AfterValidator(_is_inside)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class FileEntry(_Frozen):
    """A file: how long it is and what it holds."""

    bytes: int = Field(ge=0)
    sha256: str


class BackupManifest(_Frozen):
    """What a backup consists of; paths are those in the home."""

    format: Literal[1] = 1
    version: str
    """Of the understudy that made it."""
    created_at: int
    revision: str
    """Of the database's schema."""
    home: str
    """Where the home was: rows and settings name what lies in it by whole paths."""
    built_in: str
    """Where the installation had its built-in bases."""
    files: dict[_Inside, FileEntry]
    links: dict[_Inside, str]
    """Symbolic links to their targets; one that begins with "home:" is a path in the home."""
    left_out: list[str]
    """What a reader would miss, a sentence each."""

    @property
    def bytes(self) -> int:
        """How much the files hold together."""
        return sum(entry.bytes for entry in self.files.values())


def write_manifest(backup: Path, manifest: BackupManifest) -> None:
    """Make a backup whole: until this is written it is none."""
    aside = backup / f".{MANIFEST}"
    aside.write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    aside.chmod(0o600)
    with aside.open("rb") as content:
        os.fsync(content.fileno())
    aside.rename(backup / MANIFEST)
    sync_directory(backup)


def read_manifest(backup: Path) -> BackupManifest:
    """Read the list of a backup; raises BackupError for a directory that is no whole backup."""
    try:
        content = (backup / MANIFEST).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BackupError(
            worded(
                "api.not_whole_backup_no",
                "{backup} is not a whole backup: it has no {manifest}, which is "
                "written last. Name the directory that `understudy backup` was "
                "given, or another backup if this one was interrupted.",
                backup=backup,
                manifest=MANIFEST,
            )
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(
            worded(
                "api.cannot_read",
                "{backup} cannot be read: {error}.",
                backup=backup / MANIFEST,
                error=str(error),
            )
        ) from error
    try:
        manifest = BackupManifest.model_validate(json.loads(content))
    except (ValidationError, ValueError) as error:
        raise BackupError(
            worded(
                "api.damaged_newer_version_understudy",
                "{backup} is damaged, or of a newer version of understudy; take "
                "another backup, or install the version that made this one.",
                backup=backup / MANIFEST,
            )
        ) from error
    below_links = [
        path
        for path in (*manifest.files, *manifest.links)
        if any(parent.as_posix() in manifest.links for parent in PurePosixPath(path).parents)
    ]
    if below_links:
        raise BackupError(
            worded(
                "api.damaged_lies_below_link",
                "{backup} is damaged: {below_links} lies below a link.",
                backup=backup / MANIFEST,
                below_links=below_links[0],
            )
        )
    return manifest


def faults_of(backup: Path, manifest: BackupManifest) -> list[str]:
    """Read every file of a backup and name those that are not what was written."""
    faults: list[str] = []
    for path, entry in manifest.files.items():
        try:
            with (backup / path).open("rb") as content:
                digest = file_digest(content, "sha256").hexdigest()
        except FileNotFoundError:
            faults.append(f"{path} is missing")
        except OSError as error:
            faults.append(f"{path} cannot be read: {error.strerror}")
        else:
            if digest != entry.sha256:
                faults.append(f"{path} is damaged")
    return faults


def listed(faults: Sequence[str]) -> str:
    """Write faults in one line, of many only the first ones."""
    rest = len(faults) - _MAX_LISTED
    shown = "; ".join(faults[:_MAX_LISTED])
    return shown if rest <= 0 else f"{shown}; and {rest} more"
