"""The temporary directory of one grader's process: bounded while code runs, emptied after it."""

import os
import shutil
import stat
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path

_NOBODY = 65534
_BLOCK_BYTES = 512
# What an empty file or a directory takes of a disk, about.
_ENTRY_BYTES = 4096
# Directories can be made deeper than paths may be long (4,096 bytes), where nobody could count.
_MAX_PATH_BYTES = 3000


class TooDeepError(Exception):
    """Directories lie deeper within each other than can be counted."""


class Scratch:
    """A directory that only the process it was made for writes to."""

    def __init__(self) -> None:
        self._outer = Path(tempfile.mkdtemp(prefix="understudy-grader-"))
        self._removed = count()
        self.path = self._outer / "tmp"
        self.path.mkdir(mode=0o700)
        if os.geteuid() == 0:
            # The process becomes nobody, who may pass through the outer directory to its own.
            self._outer.chmod(0o711)
            os.chown(self.path, _NOBODY, _NOBODY)

    def used_bytes(self) -> int:
        """Return how much of the disk is used; what disappears meanwhile counts for nothing.

        Raises TooDeepError.
        """
        used = 0
        pending = [str(self.path)]
        while pending:
            for entry in _entries(pending.pop()):
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                used += _ENTRY_BYTES + status.st_blocks * _BLOCK_BYTES
                if stat.S_ISDIR(status.st_mode):
                    if len(os.fsencode(entry.path)) > _MAX_PATH_BYTES:
                        raise TooDeepError
                    pending.append(entry.path)
        return used

    def empty(self) -> None:
        """Remove everything in it, while its process stands still.

        Directories are moved beside it first, so that no tree is too deep for a path or a call.
        """
        pending = [self.path]
        while pending:
            directory = pending.pop()
            for entry in _entries(str(directory)):
                if not entry.is_dir(follow_symlinks=False):
                    Path(entry.path).unlink()
                    continue
                # Whoever moves a directory has to be allowed to write in it.
                Path(entry.path).chmod(0o700)
                moved = self._outer / f"removed-{next(self._removed)}"
                pending.append(Path(entry.path).rename(moved))
            if directory != self.path:
                directory.rmdir()

    def remove(self) -> None:
        """Remove it; the process has ended."""
        with suppress(OSError):
            self.empty()
        shutil.rmtree(self._outer, ignore_errors=True)


def deleted_bytes(process_id: int) -> int:
    """Return what files take that a process has open and that have no name any more.

    0 where the kernel does not let us look: root without the right to trace others.
    """
    used = 0
    for entry in _entries(f"/proc/{process_id}/fd"):
        try:
            status = entry.stat()
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
            used += status.st_blocks * _BLOCK_BYTES
    return used


def _entries(directory: str) -> list[os.DirEntry[str]]:
    """List a directory, also one of ours that its maker made unlistable; nothing if it is gone."""
    try:
        return list(os.scandir(directory))
    except PermissionError:
        with suppress(OSError):
            Path(directory).chmod(0o700)
            return list(os.scandir(directory))
        return []
    except OSError:
        return []
