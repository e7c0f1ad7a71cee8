"""A finished export as one tar archive, any part of which can be sent without building it."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from understudy.modeling.checkpoints import MANIFEST

_BLOCK = 512
_PIECE_BYTES = 256 * 1024


@dataclass(frozen=True)
class _Section:
    start: int
    length: int
    content: bytes | Path


class ExportArchive:
    """The tar archive of a directory that does not change: the same bytes whenever it is asked."""

    def __init__(self, directory: Path, name: str) -> None:
        self._sections: list[_Section] = []
        self.length = 0
        """How many bytes the archive has."""
        for file in sorted(path for path in directory.iterdir() if path.is_file()):
            self._add(file, f"{name}/{file.name}")
        self._append(bytes(2 * _BLOCK))
        manifest = (directory / MANIFEST).read_bytes()
        self.tag = sha256(f"{name}\n".encode() + manifest).hexdigest()
        """Changes when the archive does."""

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `stop`."""
        for section in self._sections:
            first = max(start, section.start) - section.start
            last = min(stop, section.start + section.length) - section.start
            if first >= last:
                continue
            if isinstance(section.content, bytes):
                yield section.content[first:last]
            else:
                yield from _read(section.content, first, last)

    def _add(self, file: Path, name: str) -> None:
        status = file.stat()
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime, entry.mode = status.st_size, int(status.st_mtime), 0o644
        self._append(entry.tobuf(tarfile.GNU_FORMAT))
        self._append(file, status.st_size)
        self._append(bytes(-status.st_size % _BLOCK))

    def _append(self, content: bytes | Path, size: int | None = None) -> None:
        length = len(content) if isinstance(content, bytes) else size or 0
        self._sections.append(_Section(self.length, length, content))
        self.length += length


def _read(file: Path, first: int, last: int) -> Iterator[bytes]:
    with file.open("rb") as content:
        content.seek(first)
        while first < last:
            piece = content.read(min(_PIECE_BYTES, last - first))
            if not piece:
                raise OSError(f"{file.name} became shorter while it was sent")
            first += len(piece)
            yield piece
