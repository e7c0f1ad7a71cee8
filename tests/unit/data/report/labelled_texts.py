"""Texts labelled by hand, to measure rules on.

A file holds one text a line: `+` for what a rule should find, `-` for what it should not. Rules
were written with the part below `# tuned` at hand; on the part below `# held out` they are only
measured.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

_DIRECTORY = Path(__file__).parent / "labelled"
_ESCAPE = re.compile(r"\\(?:[nt\\]|u[0-9a-f]{4})")


class Labelled(NamedTuple):
    text: str
    is_one: bool
    is_held_out: bool


def labelled(name: str) -> list[Labelled]:
    """Read the texts of one kind; `~` in secrets keeps their shape out of this repository."""
    found: list[Labelled] = []
    is_held_out = False
    for line in (_DIRECTORY / f"{name}.txt").read_text(encoding="utf-8").split("\n"):
        if line.startswith("# "):
            is_held_out = line == "# held out"
        elif line:
            text = _ESCAPE.sub(lambda found: json.loads(f'"{found.group()}"'), line[2:])
            found.append(Labelled(text, line[0] == "+", is_held_out))
    return found


def pairs(name: str) -> list[tuple[Labelled, str, str]]:
    """Read labelled pairs of texts."""
    both = ((each, *each.text.split(" ||| ")) for each in labelled(name))
    return [(each, one, other) for each, one, other in both]
