"""What changes about a file when its content does, so that it need not be read to see that."""

from pathlib import Path
from typing import NamedTuple


class FileStamp(NamedTuple):
    """One state of a file; compared, never ordered."""

    changed_ns: int
    size_bytes: int
    inode: int


def stamp_of(path: Path) -> FileStamp | None:
    """Return the stamp of a file, or None where there is none."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return FileStamp(status.st_mtime_ns, status.st_size, status.st_ino)
