"""Reads gpt-oss's harmony: an answer of several messages, each with a channel and a recipient."""

import re
from collections.abc import Collection
from enum import Enum, auto

from understudy.chat.parsing.deltas import Delta, ReasoningDelta, TextDelta, ToolCallDelta
from understudy.chat.parsing.scanning import ObjectScanner, overlap
from understudy.ids import new_id

_MESSAGE = "<|message|>"
_ENDS = ("<|end|>", "<|call|>", "<|return|>")
_BEGINNINGS = ("<|start|>assistant", "<|channel|>", " to=")
_CALLED = re.compile(r"\bto=functions\.([^\s<]+)")
_CHANNEL = re.compile(r"<\|channel\|>\s*(\w+)")


class _State(Enum):
    HEADER = auto()
    TEXT = auto()
    REASONING = auto()
    CALL = auto()
    """The header names a function; its arguments have not begun."""
    ARGUMENTS = auto()
    TAIL = auto()
    """After the arguments."""


class HarmonyMachine:
    """Text of one answer to deltas; what begins after `<|start|>assistant`.

    A call of a function that was not offered comes out as plain text.
    """

    def __init__(self, *, parse_tools: bool, offered: Collection[str] | None) -> None:
        """`offered` are the names of functions that may be called, None any."""
        self._parse_tools = parse_tools
        self._offered = offered
        self._state = _State.HEADER
        self._buffer = ""
        self._header = ""
        self._name = ""
        self._arguments = ObjectScanner()
        self.finished_calls = 0

    def feed(self, text: str) -> list[Delta]:
        """Take more text and return what it completes."""
        self._buffer += text
        deltas: list[Delta] = []
        before = None
        while before != (self._state, len(self._buffer)):
            before = (self._state, len(self._buffer))
            deltas += self._step()
        return deltas

    def finish(self) -> list[Delta]:
        """Return what was held back."""
        rest, self._buffer = self._buffer, ""
        if self._state is _State.CALL:
            return [TextDelta(self._header + rest)]
        if not rest or self._state is _State.TAIL:
            return []
        return [ReasoningDelta(rest) if self._state is _State.REASONING else TextDelta(rest)]

    def _step(self) -> list[Delta]:
        match self._state:
            case _State.HEADER:
                self._read_header()
                return []
            case _State.CALL:
                return self._begin_call()
            case _State.ARGUMENTS:
                return self._read_arguments()
            case _State.TAIL:
                self._take_body()
                return []
            case _State.TEXT:
                return [TextDelta(body)] if (body := self._take_body()) else []
            case _State.REASONING:
                return [ReasoningDelta(body)] if (body := self._take_body()) else []

    def _read_header(self) -> None:
        is_header = any(
            self._buffer.startswith(beginning) or beginning.startswith(self._buffer)
            for beginning in _BEGINNINGS
        )
        at = self._buffer.find(_MESSAGE)
        if not is_header:
            self._state = _State.TEXT
        if not is_header or at < 0:
            return
        end = at + len(_MESSAGE)
        self._header, self._buffer = self._buffer[:end], self._buffer[end:]
        called = _CALLED.search(self._header) if self._parse_tools else None
        channel = _CHANNEL.search(self._header)
        if called is not None:
            self._name = called.group(1)
            self._state = _State.CALL
        else:
            is_analysis = channel is not None and channel.group(1) == "analysis"
            self._state = _State.REASONING if is_analysis else _State.TEXT

    def _begin_call(self) -> list[Delta]:
        begun = self._buffer.lstrip()
        if not begun:
            return []
        is_offered = self._offered is None or self._name in self._offered
        if begun[0] != "{" or not is_offered:
            self._state = _State.TEXT
            return [TextDelta(self._header)]
        self._buffer = begun
        self._arguments = ObjectScanner()
        self._state = _State.ARGUMENTS
        return [ToolCallDelta(self.finished_calls, new_id("call_"), self._name, "")]

    def _read_arguments(self) -> list[Delta]:
        end = self._arguments.scan(self._buffer)
        fragment, self._buffer = self._buffer[:end], self._buffer[end:]
        index = self.finished_calls
        if self._arguments.is_complete:
            self.finished_calls += 1
            self._state = _State.TAIL
        return [ToolCallDelta(index, None, None, fragment)] if fragment else []

    def _take_body(self) -> str:
        """Take what surely belongs to the body; after its end, the next header begins."""
        found = [(at, end) for end in _ENDS if (at := self._buffer.find(end)) >= 0]
        if found:
            at, end = min(found)
            body, self._buffer = self._buffer[:at], self._buffer[at + len(end) :]
            self._state = _State.HEADER
            return body
        cut = len(self._buffer) - overlap(self._buffer, _ENDS)
        body, self._buffer = self._buffer[:cut], self._buffer[cut:]
        return body
