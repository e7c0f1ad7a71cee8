"""Texts labelled by hand, and how well a rule finds those that are marked.

A file holds one text a line: `+` for what a rule should find, `-` for what it should not. Rules
were written with the part below `# tuned` at hand; on the part below `# held out` they are only
measured.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_DIRECTORY = Path(__file__).parent / "labelled"
_ESCAPE = re.compile(r"\\(?:[nt\\]|u[0-9a-f]{4})")


class Labelled(NamedTuple):
    text: str
    is_one: bool
    is_held_out: bool


class Measured(NamedTuple):
    precision: float
    recall: float
    missed: list[str]
    wrong: list[str]


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


def measure(name: str, finds: Callable[[str], bool], *, held_out: bool) -> Measured:
    """Measure precision and recall of `finds` over one part of a file."""
    texts = [each for each in labelled(name) if each.is_held_out == held_out]
    right = [each for each in texts if each.is_one and finds(each.text)]
    wrong = [each.text for each in texts if not each.is_one and finds(each.text)]
    missed = [each.text for each in texts if each.is_one and not finds(each.text)]
    return Measured(
        precision=len(right) / max(1, len(right) + len(wrong)),
        recall=len(right) / max(1, len(right) + len(missed)),
        missed=missed,
        wrong=wrong,
    )
