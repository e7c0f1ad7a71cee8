"""The parts of a home, as far as backups and their restoring know them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BLOBS = "blobs"
MODELS = "models"
BASES = "bases"


@dataclass(frozen=True, kw_only=True)
class HomeParts:
    """Where what belongs to one home lies, and where the built-in bases of this installation do."""

    home: Path
    database: Path
    built_in: Path
    trees: Sequence[Path]
    """Files and directories of the home that are copied as they are."""
    left_out: Sequence[str]
    """What is known not to be copied, a sentence each."""
