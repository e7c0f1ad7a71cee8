"""Whether the disk has room for a base, found out before anything is written."""

import shutil
from pathlib import Path

from understudy.bases.errors import NoRoomError
from understudy.wording import worded

# What else writes on the disk while a base is added: checkpoints, logs, the database.
_SPARE_BYTES = 256 * 1024**2


def check_room(directory: Path, needed_bytes: int, what: str) -> None:
    """Raise NoRoomError with the numbers when the disk of `directory` is too small."""
    free = shutil.disk_usage(_existing(directory)).free
    if needed_bytes + _SPARE_BYTES > free:
        raise NoRoomError(
            worded(
                "bases.takes_gb_disk_gb",
                "{what} takes {needed_bytes:,.2f} GB, and the disk of {directory} "
                "has {free:,.2f} GB free, of which {spare_bytes:.2f} GB stay "
                "reserved. Free some, or use a home on another disk (--home).",
                what=what,
                needed_bytes=needed_bytes / 1000000000.0,
                directory=directory,
                free=free / 1000000000.0,
                spare_bytes=_SPARE_BYTES / 1000000000.0,
            )
        )


def _existing(directory: Path) -> Path:
    return directory if directory.exists() else _existing(directory.parent)
