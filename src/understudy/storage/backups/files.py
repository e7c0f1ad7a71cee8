"""Copies files so that they survive a loss of power, and says what was copied."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

_CHUNK_BYTES = 1024 * 1024


class Copied(NamedTuple):
    """What a copy holds."""

    bytes: int
    sha256: str


def copy_file(source: Path, target: Path) -> Copied:
    """Copy a file for its owner alone, synced, with the directories above it.

    A file that grows meanwhile is copied as far as it was read. `target` must not exist.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, count = hashlib.sha256(), 0
    with source.open("rb") as content:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as copy:
            while chunk := content.read(_CHUNK_BYTES):
                copy.write(chunk)
                digest.update(chunk)
                count += len(chunk)
            copy.flush()
            os.fsync(copy.fileno())
    return Copied(count, digest.hexdigest())


def sync_directory(directory: Path) -> None:
    """Make the names in a directory survive a loss of power."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def close_and_sync(root: Path) -> None:
    """Close the directories below a new one to others, and make all names in them durable."""
    for directory, below, _ in os.walk(root):
        for name in below:
            path = Path(directory, name)
            if not path.is_symlink():
                path.chmod(0o700)
        sync_directory(Path(directory))
