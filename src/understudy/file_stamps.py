"""What changes about a file when its content does, so that it need not be read to see that."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class FileStamp(NamedTuple):
    """One state of a file; compared, never ordered."""

    changed_ns: int
    size_bytes: int
    inode: int


def stamps_of(directory: Path) -> Mapping[str, FileStamp]:
    """Return the stamps of a directory's files by their names; none where there is no directory."""
    files = sorted(directory.iterdir()) if directory.is_dir() else ()
    stamps = {path.name: stamp_of(path) for path in files if path.is_file()}
    return {name: stamp for name, stamp in stamps.items() if stamp is not None}


def stamp_of(path: Path) -> FileStamp | None:
    """Return the stamp of a file, or None where there is none."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return FileStamp(status.st_mtime_ns, status.st_size, status.st_ino)
