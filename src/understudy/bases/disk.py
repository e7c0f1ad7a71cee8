"""Whether the disk has room for a base, found out before anything is written."""

import shutil
from pathlib import Path

from understudy.bases.errors import NoRoomError

# What else writes on the disk while a base is added: checkpoints, logs, the database.
_SPARE_BYTES = 256 * 1024**2


def check_room(directory: Path, needed_bytes: int, what: str) -> None:
    """Raise NoRoomError with the numbers when the disk of `directory` is too small."""
    free = shutil.disk_usage(_existing(directory)).free
    if needed_bytes + _SPARE_BYTES > free:
        raise NoRoomError(
            f"{what} takes {needed_bytes / 1e9:,.2f} GB, and the disk of {directory} has "
            f"{free / 1e9:,.2f} GB free, of which {_SPARE_BYTES / 1e9:.2f} GB stay reserved. Free "
            "some, or use a home on another disk (--home)."
        )


def _existing(directory: Path) -> Path:
    return directory if directory.exists() else _existing(directory.parent)
