"""Reads arguments whose texts stand between marks of their own, and writes them on as JSON."""

import json
import re
from dataclasses import dataclass
from enum import Enum, auto

from understudy.chat.parsing.parameters import ANY_TYPE, as_json
from understudy.chat.parsing.scanning import overlap, read_steps

_BARE_KEY = re.compile(r"[^:,{}\[\]]*")
_WORD = re.compile(r"[^,{}\[\]]*")
_CLOSING = {"{": "}", "[": "]"}


@dataclass(frozen=True, kw_only=True)
class QuotedForm:
    """Objects and lists as in JSON, but with bare keys, and texts as they are between two marks.

    What else is written bare is a number or a word.
    """

    quote: str

    def can_be_key(self, name: str) -> bool:
        """Whether a bare key of this name is read as it was written."""
        is_bare = name.strip() == name and _BARE_KEY.fullmatch(name) is not None
        return is_bare and not name.startswith(self.quote)


class _State(Enum):
    VALUE = auto()
    """Before a value, or after the last one of a list."""
    TEXT = auto()
    WORD = auto()
    KEY = auto()
    """Before a key, or after the last pair of an object."""
    AFTER = auto()
    """After a value."""
    DONE = auto()


class QuotedReader:
    """Text of one call's arguments, from their brace on, to JSON."""

    def __init__(self, form: QuotedForm) -> None:
        self._quote = form.quote
        self._state = _State.VALUE
        self._open: list[str] = []
        """The braces and brackets that are open."""
        self._is_first = True
        """Whether nothing has been written inside of the last of them."""
        self._word = ""

    @property
    def is_complete(self) -> bool:
        """Whether the arguments have ended."""
        return self._state is _State.DONE

    def read(self, text: str) -> tuple[str, str]:
        """Return what is left of `text`, and the JSON that the rest of it makes."""
        return read_steps(text, self._step, lambda: self._state)

    def _step(self, text: str) -> tuple[str, str]:
        if self._state in (_State.VALUE, _State.KEY, _State.AFTER):
            text = text.lstrip()
        if not text:
            return text, ""
        match self._state:
            case _State.VALUE:
                return self._begin_value(text)
            case _State.TEXT:
                return self._read_text(text)
            case _State.WORD:
                return self._read_word(text)
            case _State.KEY:
                return self._read_key(text)
            case _State.AFTER:
                return self._go_on(text)
            case _State.DONE:
                return text, ""

    def _begin_value(self, text: str) -> tuple[str, str]:
        in_list = self._open[-1:] == ["["]
        if in_list and text[0] in "]}":
            return text[1:], self._close()
        if self._quote.startswith(text) and text != self._quote:
            return text, ""
        separator = self._separator() if in_list else ""
        if text.startswith(self._quote):
            self._state = _State.TEXT
            return text[len(self._quote) :], f'{separator}"'
        if text[0] in _CLOSING:
            self._open.append(text[0])
            self._is_first = True
            self._state = _State.KEY if text[0] == "{" else _State.VALUE
            return text[1:], separator + text[0]
        self._state, self._word = _State.WORD, ""
        return text, separator

    def _read_text(self, text: str) -> tuple[str, str]:
        said, found, rest = text.partition(self._quote)
        if found:
            self._state = _State.AFTER
        else:
            cut = len(text) - overlap(text, (self._quote,))
            said, rest = text[:cut], text[cut:]
        return rest, json.dumps(said, ensure_ascii=False)[1:-1] + ('"' if found else "")

    def _read_word(self, text: str) -> tuple[str, str]:
        found = _WORD.match(text)
        end = found.end() if found else 0
        self._word += text[:end]
        if end == len(text):
            return "", ""
        if text[end] in "{[":
            # No value begins inside of a word, so what looks like one belongs to it.
            self._word += text[end]
            return text[end + 1 :], ""
        self._state = _State.AFTER
        return text[end:], as_json(self._word.strip(), ANY_TYPE)

    def _read_key(self, text: str) -> tuple[str, str]:
        if text[0] in "}]":
            return text[1:], self._close()
        if self._quote.startswith(text) and text != self._quote:
            return text, ""
        end = self._end_of_key(text)
        if end is None:
            return text, ""
        name = text[:end].strip().removeprefix(self._quote).removesuffix(self._quote)
        if text[end] != ":":
            # A key without a value is left out, with whatever follows it.
            return text[end:] if text[end] in "}]" else text[end + 1 :], ""
        self._state = _State.VALUE
        return text[end + 1 :], f"{self._separator()}{json.dumps(name, ensure_ascii=False)}: "

    def _end_of_key(self, text: str) -> int | None:
        start = 0
        if text.startswith(self._quote):
            start = text.find(self._quote, len(self._quote)) + len(self._quote)
            if start < len(self._quote):
                return None
        found = _BARE_KEY.match(text, start)
        end = found.end() if found else start
        return end if end < len(text) else None

    def _go_on(self, text: str) -> tuple[str, str]:
        if text[0] in "}]":
            return text[1:], self._close()
        self._state = _State.KEY if self._open[-1] == "{" else _State.VALUE
        return text.removeprefix(","), ""

    def _separator(self) -> str:
        separator = "" if self._is_first else ", "
        self._is_first = False
        return separator

    def _close(self) -> str:
        """Close what is open, whatever was written for that."""
        closed = self._open.pop()
        self._is_first = False
        self._state = _State.AFTER if self._open else _State.DONE
        return _CLOSING[closed]
