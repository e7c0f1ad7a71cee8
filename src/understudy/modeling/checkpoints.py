"""Checkpoints on disk that are complete or absent: written aside, manifest last, then renamed."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

MANIFEST = "manifest.json"


class CorruptCheckpointError(Exception):
    """A checkpoint directory whose files do not match its manifest."""


def publish_directory(directory: Path, write: Callable[[Path], None]) -> str:
    """Let `write` fill a directory, then make it appear at `directory` all at once.

    Returns the sha256 of its manifest. A directory inside that was published itself has a manifest
    of its own and is not part of this one, so that it can be removed later.

    When a complete directory is there already, from an attempt that was killed after publishing, it
    is replaced: the same run writes the same files.
    """
    aside = directory.with_name(f".{directory.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    _make_directory(directory.parent)
    aside.mkdir()
    try:
        write(aside)
        digest = _write_manifest(aside)
        if directory.exists():
            shutil.rmtree(directory)
        aside.rename(directory)
        _sync_directory(directory.parent)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return digest


def verify_directory(directory: Path) -> None:
    """Raise CorruptCheckpointError unless every file is as the manifest says.

    Directories inside with manifests of their own are checked too.
    """
    if not (directory / MANIFEST).is_file():
        raise CorruptCheckpointError(f"{directory.name} has no manifest")
    for manifest in directory.rglob(MANIFEST):
        _verify(manifest.parent)


def published_files(directory: Path) -> list[Path]:
    """Return the files that the manifests of a directory name, and the manifests themselves.

    Raises CorruptCheckpointError where there is none, or one that cannot be read.
    """
    if not (directory / MANIFEST).is_file():
        raise CorruptCheckpointError(f"{directory.name} has no manifest")
    found: list[Path] = []
    for manifest in sorted(directory.rglob(MANIFEST)):
        found += [manifest.parent / name for name in _digests_of(manifest)]
        found.append(manifest)
    return found


def _verify(directory: Path) -> None:
    for name, digest in _digests_of(directory / MANIFEST).items():
        file = directory / name
        if not file.is_file() or _sha256(file) != digest:
            raise CorruptCheckpointError(f"{directory.name}/{name} is not what was written")


def _digests_of(manifest: Path) -> dict[str, str]:
    try:
        entries = json.loads(manifest.read_text(encoding="utf-8"))
        return {name: entry["sha256"] for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptCheckpointError(f"{manifest.parent.name}/{MANIFEST} cannot be read") from error


def _make_directory(directory: Path) -> None:
    """Make a directory and those above it so that no loss of power takes them away again."""
    if not directory.is_dir():
        _make_directory(directory.parent)
        directory.mkdir(exist_ok=True)
        _sync_directory(directory.parent)


def _write_manifest(directory: Path) -> str:
    entries: dict[str, dict[str, str | int]] = {}
    published = {manifest.parent for manifest in directory.rglob(MANIFEST)}
    for file in sorted(path for path in directory.rglob("*") if path.is_file()):
        if not published.isdisjoint(file.parents):
            continue
        _sync_file(file)
        name = file.relative_to(directory).as_posix()
        entries[name] = {"bytes": file.stat().st_size, "sha256": _sha256(file)}
    manifest = directory / MANIFEST
    manifest.write_text(json.dumps(entries, indent=2), encoding="utf-8")
    _sync_file(manifest)
    _sync_directory(directory)
    return _sha256(manifest)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sync_file(file: Path) -> None:
    with file.open("rb") as content:
        os.fsync(content.fileno())


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
