"""What the exporting process says, line by line, and how its parent reads that."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from understudy.exporting.difference import Difference


@dataclass(frozen=True)
class Progress:
    """Something new begins."""

    sentence: str


@dataclass(frozen=True)
class Done:
    """The export is there."""

    difference: Difference


@dataclass(frozen=True)
class Refused:
    """There is no export, and trying again would give none."""

    reason: str


Message = Progress | Done | Refused


def to_line(message: Message) -> str:
    """Write a message as one line."""
    return json.dumps({"kind": type(message).__name__, **asdict(message)})


def from_line(line: str) -> Message | None:
    """Read a line; None for one that a library printed."""
    try:
        value: Any = json.loads(line)
    except ValueError:
        return None
    match value:
        case {"kind": "Progress", "sentence": str(sentence)}:
            return Progress(sentence)
        case {"kind": "Done", "difference": dict(numbers)}:
            return Done(Difference(**numbers))
        case {"kind": "Refused", "reason": str(reason)}:
            return Refused(reason)
        case _:
            return None
