"""Reads arguments that are written as those of a Python call, and writes them on as JSON."""

import ast
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from understudy.chat.parsing.scanning import read_steps

_KEY = re.compile(r"(?!['\"])[^=,()\[\]{}]*")
_HEX = "[0-9a-fA-F]"
_ESCAPE = re.compile(
    rf"\\(?:u(?P<high>[dD][89abAB]{_HEX}{{2}})\\u(?P<low>[dD][c-fC-F]{_HEX}{{2}})"
    rf"|x(?P<two>{_HEX}{{2}})|u(?P<four>{_HEX}{{4}})|U(?P<eight>{_HEX}{{8}})|(?P<one>.))",
    re.DOTALL,
)
_LONGEST_ESCAPE = len(r"\ud83d\ude00")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "0": "\0", "\n": ""}
_OPENING, _CLOSING = "([{", ")]}"
# Some templates write apostrophes as they are, so one that none of these follows ends no text.
_AFTER_TEXT = ",)"


@dataclass(frozen=True)
class KeywordForm:
    """`(key='text', other=1)`: texts between quotation marks, with Python's escapes.

    Other values are Python's, or JSON's inside of lists and objects.
    """

    def can_be_key(self, name: str) -> bool:
        """Whether a key of this name is read as it was written."""
        return bool(name) and name.strip() == name and _KEY.fullmatch(name) is not None


class _State(Enum):
    OPENING = auto()
    KEY = auto()
    """Before a key, or after the last pair."""
    VALUE = auto()
    TEXT = auto()
    OTHER = auto()
    """Inside of a value that is no text."""
    REST = auto()
    """In what is no pair, until the next pair."""
    DONE = auto()


class KeywordReader:
    """Text of one call's arguments, from their bracket on, to JSON."""

    def __init__(self) -> None:
        self._state = _State.OPENING
        self._quote = ""
        self._value = ""
        self._scan = _Scan()
        self._is_first = True

    @property
    def is_complete(self) -> bool:
        """Whether the arguments have ended."""
        return self._state is _State.DONE

    def read(self, text: str) -> tuple[str, str]:
        """Return what is left of `text`, and the JSON that the rest of it makes."""
        return read_steps(text, self._step, lambda: self._state)

    def _step(self, text: str) -> tuple[str, str]:
        if self._state in (_State.OPENING, _State.KEY, _State.VALUE):
            text = text.lstrip()
        if not text:
            return text, ""
        match self._state:
            case _State.OPENING:
                self._state = _State.KEY
                return text[1:], "{"
            case _State.KEY:
                return self._read_key(text)
            case _State.VALUE:
                return self._begin_value(text)
            case _State.TEXT:
                return self._read_text(text)
            case _State.OTHER:
                return self._read_other(text)
            case _State.REST:
                return self._skip(text)
            case _State.DONE:
                return text, ""

    def _read_key(self, text: str) -> tuple[str, str]:
        if text[0] == ",":
            return text[1:], ""
        if text[0] in _CLOSING:
            self._state = _State.DONE
            return text[1:], "}"
        found = _KEY.match(text)
        end = found.end() if found else 0
        if end == len(text):
            return text, ""
        name = text[:end].strip()
        if text[end] != "=" or not name:
            # No key, so there is nothing that its value could be called: it is left out.
            self._state, self._scan = _State.REST, _Scan()
            return text, ""
        self._state = _State.VALUE
        separator = "" if self._is_first else ", "
        self._is_first = False
        return text[end + 1 :], f"{separator}{json.dumps(name, ensure_ascii=False)}: "

    def _begin_value(self, text: str) -> tuple[str, str]:
        if text[0] in "'\"":
            self._state, self._quote = _State.TEXT, text[0]
            return text[1:], '"'
        self._state, self._scan, self._value = _State.OTHER, _Scan(), ""
        return text, ""

    def _read_text(self, text: str) -> tuple[str, str]:
        said, at = "", 0
        while at < len(text):
            if text[at] == self._quote:
                rest = text[at + 1 :].lstrip()
                if not rest or rest[0] in _AFTER_TEXT:
                    break
            if text[at] == "\\":
                if len(text) - at < _LONGEST_ESCAPE and self._quote not in text[at + 2 :]:
                    break
                piece, at = _unescaped(text, at)
            else:
                piece, at = text[at], at + 1
            said += piece
        written = json.dumps(said, ensure_ascii=False)[1:-1]
        if at == len(text) or text[at] != self._quote or not text[at + 1 :].strip():
            return text[at:], written
        self._state = _State.KEY
        return text[at + 1 :], written + '"'

    def _read_other(self, text: str) -> tuple[str, str]:
        end = self._scan.end_of_value(text)
        self._value += text[: len(text) if end is None else end]
        if end is None:
            return "", ""
        self._state = _State.KEY
        return text[end:], _as_json(self._value.strip())

    def _skip(self, text: str) -> tuple[str, str]:
        end = self._scan.end_of_value(text)
        if end is None:
            return "", ""
        self._state = _State.KEY
        return text[end:], ""


class _Scan:
    """Finds where a value ends, over any number of pieces."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""
        self._is_escaped = False

    def end_of_value(self, text: str) -> int | None:
        """Return where the comma or the bracket after the value stands; None if not in `text`."""
        for at, character in enumerate(text):
            if self._quote:
                self._read_quoted(character)
            elif character in "'\"":
                self._quote = character
            elif character in _OPENING:
                self._depth += 1
            elif self._depth == 0 and (character == "," or character in _CLOSING):
                return at
            elif character in _CLOSING:
                self._depth -= 1
        return None

    def _read_quoted(self, character: str) -> None:
        if self._is_escaped or character == "\\":
            self._is_escaped = not self._is_escaped
        elif character == self._quote:
            self._quote = ""


def escaped(text: str) -> str:
    """Return a text as it stands between the quotation marks of this form."""
    text = text.replace("\\", r"\\").replace("'", r"\'")
    return text.replace("\n", r"\n").replace("\r", r"\r")


def _unescaped(text: str, at: int) -> tuple[str, int]:
    """Return what the escape at a place stands for, and where it ends."""
    found = _ESCAPE.match(text, at)
    if found is None:
        return text[at], at + 1
    if found["one"] is not None:
        return _ESCAPED.get(found["one"], _plain(found["one"])), found.end()
    try:
        return _character(found), found.end()
    except ValueError:
        return text[at : at + 2], at + 2


def _plain(character: str) -> str:
    return character if character in "\\'\"" else "\\" + character


def _character(found: re.Match[str]) -> str:
    if found["high"] is not None:
        pair = bytes.fromhex(found["high"] + found["low"])
        return pair.decode("utf-16-be")
    return chr(int(found["two"] or found["four"] or found["eight"], 16)).encode().decode()


def _as_json(text: str) -> str:
    """Return the JSON of a value, read as JSON or as Python, or else of the text that it is."""
    reads: tuple[Callable[[str], object], ...] = (json.loads, ast.literal_eval)
    for read in reads:
        try:
            written = json.dumps(read(text), ensure_ascii=False, allow_nan=False)
            # Half of a pair of surrogates is a text to Python, but none that can be sent.
            written.encode()
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            continue
        return written
    return json.dumps(text, ensure_ascii=False)
