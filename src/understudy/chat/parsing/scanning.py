"""Reads the beginnings and ends of tool calls in text that is still growing."""

import json
import re
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import NamedTuple

_BARE_NAME = re.compile(r"[\w.-]*")
_SPACE = re.compile(r"\s*")


class HeadPart(Enum):
    """The parts of a call's head that are not fixed text."""

    QUOTED_NAME = auto()
    """The function's name as a JSON string."""
    BARE_NAME = auto()
    """The function's name as it is."""
    OBJECT = auto()
    """The brace that begins the arguments, which stays unread."""
    BRACKET = auto()
    """The round bracket that begins the arguments, which stays unread."""
    TAG = auto()
    """The tag that begins the parameters or ends the call, which stays unread."""


_BEGINNINGS = {HeadPart.OBJECT: "{", HeadPart.BRACKET: "(", HeadPart.TAG: "<"}

Head = Sequence[str | tuple[str, ...] | HeadPart]
"""What stands before the arguments of a call, with any space between the parts.

A tuple holds alternatives; the empty text among them makes them optional.
"""


class Match(NamedTuple):
    """A head that was read."""

    end: int
    name: str


class NoMatch(Enum):
    """A head that was not read."""

    UNFINISHED = auto()
    WRONG = auto()


def match_head(text: str, head: Head) -> Match | NoMatch:
    """Read `head` at the beginning of `text`, or say whether more text could complete it."""
    at, name = 0, ""
    for part in head:
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        if isinstance(part, str | tuple):
            step = _literal(text, at, (part,) if isinstance(part, str) else part)
        elif at == len(text):
            step = NoMatch.UNFINISHED
        elif part in _BEGINNINGS:
            step = at if text[at] == _BEGINNINGS[part] else NoMatch.WRONG
        else:
            found = _quoted(text, at) if part is HeadPart.QUOTED_NAME else _bare(text, at)
            if isinstance(found, Match):
                name = found.name
            step = found.end if isinstance(found, Match) else found
        if isinstance(step, NoMatch):
            return step
        at = step
    return Match(at, name)


def _literal(text: str, at: int, choices: tuple[str, ...]) -> int | NoMatch:
    written = [choice for choice in choices if choice]
    for choice in written:
        if text.startswith(choice, at):
            return at + len(choice)
    if any(choice.startswith(text[at:]) for choice in written):
        return NoMatch.UNFINISHED
    return at if "" in choices else NoMatch.WRONG


def _quoted(text: str, at: int) -> Match | NoMatch:
    if text[at] != '"':
        return NoMatch.WRONG
    end = at + 1
    while end < len(text) and text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        return NoMatch.UNFINISHED
    try:
        name = json.loads(text[at : end + 1], strict=False)
        name.encode()  # Half of a pair of surrogates is no name that can be sent.
        return Match(end + 1, name)
    except ValueError:
        return NoMatch.WRONG


def _bare(text: str, at: int) -> Match | NoMatch:
    found = _BARE_NAME.match(text, at)
    end = found.end() if found else at
    if end == len(text):
        return NoMatch.UNFINISHED
    return Match(end, text[at:end]) if end > at else NoMatch.WRONG


class ObjectScanner:
    """Finds where one JSON object ends, over any number of pieces."""

    def __init__(self, *, depth: int = 0) -> None:
        """With `depth` the scanner begins inside of that many open objects."""
        self._depth = depth
        self._in_string = False
        self._escaped = False
        self.is_complete = False

    def scan(self, text: str) -> int:
        """Return how much of `text` belongs to the object."""
        for position, character in enumerate(text):
            if self._in_string:
                if self._escaped:
                    self._escaped = False
                elif character == "\\":
                    self._escaped = True
                elif character == '"':
                    self._in_string = False
            elif character == '"':
                self._in_string = True
            elif character in "{[":
                self._depth += 1
            elif character in "}]":
                self._depth -= 1
                if self._depth == 0:
                    self.is_complete = True
                    return position + 1
        return len(text)


def read_steps(
    text: str, step: Callable[[str], tuple[str, str]], state: Callable[[], object]
) -> tuple[str, str]:
    """Step until neither `state` nor what is left of `text` changes any more.

    A step returns what it leaves of its text, and what it writes. Returns what is left in the
    end, and everything written.
    """
    written = ""
    before = None
    while before != (state(), len(text)):
        before = (state(), len(text))
        text, more = step(text)
        written += more
    return text, written


def overlap(text: str, needles: Sequence[str]) -> int:
    """Return the length of the longest ending of `text` that may yet become one of `needles`."""
    return max((_overlap(text, needle) for needle in needles), default=0)


def _overlap(text: str, needle: str) -> int:
    for length in range(min(len(text), len(needle) - 1), 0, -1):
        if text.endswith(needle[:length]):
            return length
    return 0
