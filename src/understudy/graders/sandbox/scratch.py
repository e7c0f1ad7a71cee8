"""The temporary directory of one grader's process: bounded while code runs, emptied after it."""

import os
import shutil
import tempfile
from pathlib import Path

_NOBODY = 65534
_BLOCK_BYTES = 512
# What an empty file or a directory takes of a disk, about.
_ENTRY_BYTES = 4096


class Scratch:
    """A directory that only the process it was made for writes to."""

    def __init__(self) -> None:
        self._outer = Path(tempfile.mkdtemp(prefix="understudy-grader-"))
        self.path = self._outer / "tmp"
        self.path.mkdir(mode=0o700)
        if os.geteuid() == 0:
            # The process becomes nobody, who may pass through the outer directory to its own.
            self._outer.chmod(0o711)
            os.chown(self.path, _NOBODY, _NOBODY)

    def used_bytes(self) -> int:
        """Return how much of the disk is used; what disappears meanwhile counts for nothing."""
        used = 0
        pending = [str(self.path)]
        while pending:
            try:
                entries = list(os.scandir(pending.pop()))
            except OSError:
                continue
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                used += _ENTRY_BYTES + status.st_blocks * _BLOCK_BYTES
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
        return used

    def empty(self) -> None:
        """Remove everything in it."""
        for entry in list(os.scandir(self.path)):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                Path(entry.path).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove it; the process has ended."""
        shutil.rmtree(self._outer, ignore_errors=True)
