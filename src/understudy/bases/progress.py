"""What is reported while a base is added: the phase, and how many bytes of how many are there."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Phase(StrEnum):
    """What is being done."""

    DOWNLOADING = "downloading"
    CONVERTING = "converting"
    COPYING = "copying"
    CHECKING = "checking"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an addition is."""

    phase: Phase
    source: str
    """Where the bytes come from, in words."""
    done_bytes: int = 0
    total_bytes: int | None = None
    """None where it is not known."""


Report = Callable[[Progress], None]
"""Takes each progress; it is called a few times a second at most."""


def bytes_below(directory: Path) -> int:
    """Return the bytes of all files below a directory, of those that are still growing too."""
    total = 0
    for path in directory.rglob("*"):
        try:
            total += path.lstat().st_size if path.is_file() else 0
        except OSError:
            continue  # it was renamed or removed between the two looks
    return total
