"""What a look through a home finds: each finding is one sentence that says what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters."""

    FAULT = "fault"
    """Something is lost, in danger or open to others: somebody has to act."""
    NOTE = "note"
    """Nothing is wrong; it is good to know."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding."""

    level: Level
    check: str
    """Which check found it: `database`, `files`, `models` and so on."""
    subject: str
    """The file, directory, table or row that it is about."""
    sentence: str


def fault(check: str, subject: object, sentence: str) -> Finding:
    """Return a finding that somebody has to act on."""
    return Finding(level=Level.FAULT, check=check, subject=str(subject), sentence=sentence)


def note(check: str, subject: object, sentence: str) -> Finding:
    """Return a finding that is good to know."""
    return Finding(level=Level.NOTE, check=check, subject=str(subject), sentence=sentence)
