"""Generated token ids into text and tool calls, the same however the stream is cut."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from understudy.chat.detokenizer import Detokenizer
from understudy.ids import new_id

_OPEN = "<tool_call>"
_CLOSE = "</tool_call>"
_HEAD = re.compile(r'\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"arguments"\s*:\s*(?=\{)')


@dataclass(frozen=True)
class TextDelta:
    """More of the answer's text."""

    text: str


@dataclass(frozen=True)
class ToolCallDelta:
    """More of one tool call: first its id and name, then fragments of the arguments' JSON text."""

    index: int
    id: str | None
    name: str | None
    arguments: str


Delta = TextDelta | ToolCallDelta


class _State(Enum):
    TEXT = auto()
    HEAD = auto()
    """Inside a call, its name not complete yet."""
    ARGUMENTS = auto()
    TAIL = auto()
    """Behind the arguments, before the closing tag."""


class AnswerParser:
    r"""Reads the wire form `<tool_call>\n{"name": …, "arguments": {…}}\n</tool_call>`, repeated.

    Arguments stream as slices of what the model wrote and are never written anew. A call that is
    malformed before its arguments begin comes out as plain text.
    """

    def __init__(
        self, detokenizer: Detokenizer, *, stop: Sequence[str] = (), parse_tools: bool = True
    ) -> None:
        self._detokenizer = detokenizer
        self._stop = tuple(stop)
        self._parse_tools = parse_tools
        self._buffer = ""
        self._state = _State.TEXT
        self._calls = 0
        self._arguments = _ObjectScanner()
        self.is_stopped = False

    @property
    def finished_calls(self) -> int:
        """Number of tool calls whose arguments are complete."""
        return self._calls

    def feed(self, token_id: int) -> list[Delta]:
        """Take one generated id and return what it completes, possibly nothing."""
        return self.feed_text(self._detokenizer.feed(token_id))

    def feed_text(self, text: str) -> list[Delta]:
        """Take decoded text; `feed` for a caller that has no ids."""
        if self.is_stopped:
            return []
        self._buffer += text
        return self._drain(at_end=False)

    def finish(self) -> list[Delta]:
        """Return what was held back, once the model has ended."""
        if self.is_stopped:
            return []
        self._buffer += self._detokenizer.finish()
        deltas = self._drain(at_end=True)
        if self._state is _State.HEAD and self._buffer:
            deltas.append(TextDelta(_OPEN + self._buffer))
        self._buffer = ""
        return deltas

    def _drain(self, *, at_end: bool) -> list[Delta]:
        deltas: list[Delta] = []
        while not self.is_stopped:
            before = (self._state, len(self._buffer))
            match self._state:
                case _State.TEXT:
                    self._drain_text(deltas, at_end=at_end)
                case _State.HEAD:
                    self._drain_head(deltas)
                case _State.ARGUMENTS:
                    self._drain_arguments(deltas)
                case _State.TAIL:
                    self._drain_tail()
            if before == (self._state, len(self._buffer)):
                break
        return deltas

    def _drain_text(self, deltas: list[Delta], *, at_end: bool) -> None:
        stop_at = _first(self._buffer, self._stop)
        open_at = self._buffer.find(_OPEN) if self._parse_tools else -1
        if stop_at >= 0 and (open_at < 0 or stop_at < open_at):
            self._emit_text(deltas, self._buffer[:stop_at])
            self._buffer = ""
            self.is_stopped = True
        elif open_at >= 0:
            # The line break before a call belongs to the wire form, not to the text.
            self._emit_text(deltas, self._buffer[:open_at].removesuffix("\n"))
            self._buffer = self._buffer[open_at + len(_OPEN) :]
            self._state = _State.HEAD
        else:
            held = 0 if at_end else self._held_back()
            cut = len(self._buffer) - held
            self._emit_text(deltas, self._buffer[:cut])
            self._buffer = self._buffer[cut:]

    def _emit_text(self, deltas: list[Delta], text: str) -> None:
        if self._calls and not text.strip():
            return
        if text:
            deltas.append(TextDelta(text))

    def _held_back(self) -> int:
        """Length of the buffer's tail that may yet turn out to begin a stop string or a call."""
        endings = list(self._stop)
        if self._parse_tools:
            endings += [_OPEN, "\n" + _OPEN]
        return max((_overlap(self._buffer, ending) for ending in endings), default=0)

    def _drain_head(self, deltas: list[Delta]) -> None:
        head = _HEAD.match(self._buffer)
        if head is not None:
            name = json.loads(head.group(1), strict=False)
            deltas.append(ToolCallDelta(self._calls, new_id("call_"), name, ""))
            self._buffer = self._buffer[head.end() :]
            self._arguments = _ObjectScanner()
            self._state = _State.ARGUMENTS
        elif _CLOSE in self._buffer:
            end = self._buffer.index(_CLOSE) + len(_CLOSE)
            deltas.append(TextDelta(_OPEN + self._buffer[:end]))
            self._buffer = self._buffer[end:]
            self._state = _State.TEXT

    def _drain_arguments(self, deltas: list[Delta]) -> None:
        end = self._arguments.scan(self._buffer)
        fragment = self._buffer[:end]
        self._buffer = self._buffer[end:]
        if fragment:
            deltas.append(ToolCallDelta(self._calls, None, None, fragment))
        if self._arguments.is_complete:
            self._calls += 1
            self._state = _State.TAIL

    def _drain_tail(self) -> None:
        end = self._buffer.find(_CLOSE)
        if end >= 0:
            self._buffer = self._buffer[end + len(_CLOSE) :]
            self._state = _State.TEXT


class _ObjectScanner:
    """Finds where one JSON object ends, over any number of pieces."""

    def __init__(self) -> None:
        self._depth = 0
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


def _first(text: str, needles: Sequence[str]) -> int:
    """Return the earliest position of any needle, or -1."""
    return min((at for at in map(text.find, needles) if at >= 0), default=-1)


def _overlap(text: str, needle: str) -> int:
    """Return the length of the longest proper beginning of `needle` that `text` ends with."""
    for length in range(min(len(text), len(needle) - 1), 0, -1):
        if text.endswith(needle[:length]):
            return length
    return 0
