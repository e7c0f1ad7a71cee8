"""File contents on the local disk, each stored once under the SHA-256 of its bytes."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from understudy.errors import PayloadTooLargeError, StorageFaultError
from understudy.storage.faults import file_errors_typed
from understudy.wording import worded

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Blob:
    """Stored bytes: their digest, which is their name, and how many they are."""

    sha256: str
    bytes: int


class BlobWriter:
    """Takes bytes as they arrive; nothing is visible before `commit`."""

    def __init__(self, store: "BlobStore", limit: int | None) -> None:
        self._store = store
        self._limit = limit
        self._digest = hashlib.sha256()
        self._bytes = 0
        with file_errors_typed():
            descriptor, name = tempfile.mkstemp(dir=store.temporary)
        self._file = os.fdopen(descriptor, "wb")
        self._path = Path(name)

    def write(self, chunk: bytes) -> None:
        """Append bytes; over the limit or on a full disk, everything so far is dropped."""
        try:
            if self._limit is not None and self._bytes + len(chunk) > self._limit:
                raise PayloadTooLargeError(
                    worded(
                        "api.file_larger_than_bytes",
                        "The file is larger than {limit} bytes.",
                        limit=self._limit,
                    )
                )
            with file_errors_typed():
                self._file.write(chunk)
        except BaseException:
            self.abort()
            raise
        self._digest.update(chunk)
        self._bytes += len(chunk)

    def commit(self) -> Blob:
        """Make the bytes durable and visible, and return their name."""
        blob = Blob(sha256=self._digest.hexdigest(), bytes=self._bytes)
        target = self._store.path(blob.sha256)
        try:
            with file_errors_typed():
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
                if not target.parent.exists():
                    target.parent.mkdir(exist_ok=True)
                    _sync_directory(self._store.root)
                self._path.replace(target)
                _sync_directory(target.parent)
        except BaseException:
            self.abort()
            raise
        return blob

    def abort(self) -> None:
        """Drop everything written; calling it again, or after `commit`, does nothing."""
        # Closing flushes, and a full disk refuses that too; the file goes away in any case.
        with suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)


class BlobStore:
    """A folder of blobs; `root` is made when it does not exist."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.temporary = root / "tmp"
        self.temporary.mkdir(parents=True, exist_ok=True)

    def open_writer(self, limit: int | None = None) -> BlobWriter:
        """Begin a blob of at most `limit` bytes."""
        return BlobWriter(self, limit)

    def write(self, chunks: Iterable[bytes], limit: int | None = None) -> Blob:
        """Store a blob whose bytes are at hand; raises PayloadTooLargeError over `limit`."""
        writer = self.open_writer(limit)
        try:
            for chunk in chunks:
                writer.write(chunk)
            return writer.commit()
        finally:
            writer.abort()

    def path(self, sha256: str) -> Path:
        """Return where the blob's bytes are; the name must be a digest and nothing else."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a blob name: {sha256!r}")
        return self.root / sha256[:2] / sha256

    def stored(self, sha256: str) -> Path:
        """Return where the bytes of a blob that a row names are read.

        Raises StorageFaultError where they are gone.
        """
        path = self.path(sha256)
        if not path.exists():
            raise StorageFaultError(
                worded(
                    "api.bytes_file_gone_from",
                    "The bytes of this file are gone from the server's disk. Upload "
                    "it again, or have whoever runs this server bring it back from a "
                    "backup: `understudy doctor` names it.",
                ),
                code="storage_damaged",
            )
        return path

    def names(self) -> Iterator[str]:
        """Iterate over the names of all blobs."""
        for path in self.root.glob("??/*"):
            if _SHA256.fullmatch(path.name):
                yield path.name


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
