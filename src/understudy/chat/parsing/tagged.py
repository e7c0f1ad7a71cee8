"""Reads answers whose tool calls and reasoning stand between tags in the text."""

from collections.abc import Collection, Sequence
from enum import Enum, auto

from understudy.chat.families.call_forms import CallForm
from understudy.chat.families.formats import AnswerForm, Reasoning
from understudy.chat.messages import Tool
from understudy.chat.parsing.deltas import Delta, ReasoningDelta, TextDelta, ToolCallDelta
from understudy.chat.parsing.keyword_values import KeywordForm, KeywordReader
from understudy.chat.parsing.parameters import ParameterForm, ParameterReader
from understudy.chat.parsing.quoted_values import QuotedReader
from understudy.chat.parsing.scanning import (
    Head,
    Match,
    NoMatch,
    ObjectScanner,
    match_head,
    overlap,
)
from understudy.ids import new_id


class _State(Enum):
    START = auto()
    """At the beginning, where reasoning may begin."""
    REASONING = auto()
    CONTENT = auto()
    """Where the content begins, which a call may be."""
    TEXT = auto()
    HEAD = auto()
    """Inside a call, its name not complete yet."""
    ARGUMENTS = auto()
    TAIL = auto()
    """After the arguments, inside of the call."""
    NEXT = auto()
    """After one call of a list."""
    CLOSING = auto()


class TaggedMachine:
    """Text of one answer to deltas, the same however the text is cut.

    Arguments that are written as JSON come as slices of what the model wrote. A call that is
    malformed before its arguments begin comes out as plain text, and so does one of a function
    that was not offered.
    """

    def __init__(
        self,
        form: AnswerForm,
        calls: CallForm | None,
        *,
        tools: Sequence[Tool],
        offered: Collection[str] | None,
    ) -> None:
        """`tools` tell text from other values where arguments are not written as JSON.

        `calls` is the form's, or None where calls are plain text. `offered` are the names of
        functions that may be called, None any.
        """
        self._calls = calls
        self._offered = offered
        self._marks = form.marks
        self._schemas = {tool.name: tool.parameters for tool in tools}
        has_reasoning = form.reasoning is not Reasoning.NOWHERE
        self._state = _State.START if has_reasoning else _State.CONTENT
        if form.begins_with_reasoning:
            self._state = _State.REASONING
        self._buffer = ""
        self._skipped = "\n" if form.begins_with_reasoning else ""
        """Characters that are dropped where the next text begins."""
        self._head: Head = ()
        self._raw_opening = ""
        self._scanner = ObjectScanner()
        self._arguments: ParameterReader | QuotedReader | KeywordReader | None = None
        """What reads the arguments of the call, where they are not JSON."""
        self.finished_calls = 0

    def feed(self, text: str) -> list[Delta]:
        """Take more text and return what it completes."""
        self._buffer += text
        return self._drain(at_end=False)

    def finish(self) -> list[Delta]:
        """Return what was held back."""
        deltas = self._drain(at_end=True)
        if self._state is _State.HEAD:
            deltas.append(TextDelta(self._raw_opening + self._buffer))
        self._buffer = ""
        return deltas

    def _drain(self, *, at_end: bool) -> list[Delta]:
        deltas: list[Delta] = []
        before = None
        while before != (self._state, len(self._buffer)):
            before = (self._state, len(self._buffer))
            deltas += self._step(at_end=at_end)
        return deltas

    def _step(self, *, at_end: bool) -> list[Delta]:
        match self._state:
            case _State.START:
                return self._start(at_end=at_end)
            case _State.REASONING:
                return self._reason(at_end=at_end)
            case _State.CONTENT:
                return self._begin_content()
            case _State.TEXT:
                return self._read_text(at_end=at_end)
            case _State.HEAD:
                return self._read_head()
            case _State.ARGUMENTS:
                return self._read_arguments()
            case _State.TAIL:
                return self._read_tail()
            case _State.NEXT:
                return self._read_next()
            case _State.CLOSING:
                return self._read_closing()

    def _start(self, *, at_end: bool) -> list[Delta]:
        begun, opening = self._buffer.lstrip(), self._marks.opening
        if begun.startswith(opening):
            self._buffer = begun[len(opening) :]
            self._skipped = "\n"
            self._state = _State.REASONING
        elif at_end or not opening.startswith(begun):
            self._state = _State.CONTENT
        return []

    def _reason(self, *, at_end: bool) -> list[Delta]:
        self._skip()
        closing = self._marks.closing
        end = self._buffer.find(closing)
        if end >= 0:
            text = self._buffer[:end].removesuffix("\n")
            self._buffer = self._buffer[end + len(closing) :]
            self._skipped = "\n"
            self._state = _State.CONTENT
        else:
            text = self._take(("\n" + closing, closing), at_end=at_end)
        return [ReasoningDelta(text)] if text else []

    def _begin_content(self) -> list[Delta]:
        if self._calls is None or self._calls.opening:
            self._state = _State.TEXT
        elif self._buffer:
            self._open("", self._calls.head)
        return []

    def _read_text(self, *, at_end: bool) -> list[Delta]:
        self._skip()
        opening = self._calls.opening if self._calls is not None else ""
        at = self._buffer.find(opening) if opening else -1
        if self._calls is not None and at >= 0:
            text = self._buffer[:at].removesuffix(self._calls.text_break)
            raw_opening = self._buffer[len(text) : at + len(opening)]
            self._buffer = self._buffer[at + len(opening) :]
            self._open(raw_opening, self._calls.head)
        else:
            break_ = self._calls.text_break if self._calls is not None else ""
            endings = (break_ + opening, opening) if opening else ()
            text = self._take(endings, at_end=at_end)
        return [TextDelta(text)] if text else []

    def _open(self, raw_opening: str, head: Head) -> None:
        self._raw_opening, self._head = raw_opening, head
        self._state = _State.HEAD

    def _read_head(self) -> list[Delta]:
        found = match_head(self._buffer, self._head)
        if isinstance(found, Match) and self._is_offered(found.name):
            self._buffer = self._buffer[found.end :]
            self._scanner = ObjectScanner()
            self._arguments = self._reader_of(found.name)
            self._state = _State.ARGUMENTS
            return [ToolCallDelta(self.finished_calls, new_id("call_"), found.name, "")]
        if found is not NoMatch.UNFINISHED:
            self._state = _State.TEXT
            return [TextDelta(self._raw_opening)] if self._raw_opening else []
        return []

    def _is_offered(self, name: str) -> bool:
        return self._offered is None or name in self._offered

    def _reader_of(self, name: str) -> ParameterReader | QuotedReader | KeywordReader | None:
        form = self._calls.arguments if self._calls is not None else None
        if form is None:
            return None
        if isinstance(form, ParameterForm):
            return ParameterReader(form, self._schemas.get(name))
        if isinstance(form, KeywordForm):
            return KeywordReader()
        return QuotedReader(form)

    def _read_arguments(self) -> list[Delta]:
        reader = self._arguments
        if reader is None:
            fragment = self._scan()
        else:
            self._buffer, fragment = reader.read(self._buffer)
        index = self.finished_calls
        if (self._scanner if reader is None else reader).is_complete:
            self.finished_calls += 1
            self._scanner = ObjectScanner(depth=1)
            self._state = _State.TAIL
        return [ToolCallDelta(index, None, None, fragment)] if fragment else []

    def _read_tail(self) -> list[Delta]:
        calls = self._calls
        if calls is not None and calls.has_outer_object:
            self._scan()
            if not self._scanner.is_complete:
                return []
        after = calls.after_call if calls is not None else ""
        at = self._buffer.find(after)
        if at >= 0:
            self._buffer = self._buffer[at + len(after) :]
            is_list = calls is not None and calls.next_head
            self._state = _State.NEXT if is_list else _State.CLOSING
        return []

    def _read_next(self) -> list[Delta]:
        self._buffer = self._buffer.lstrip()
        opening = self._calls.next_opening if self._calls is not None else ""
        if self._calls is not None and self._buffer.startswith(opening):
            self._buffer = self._buffer[len(opening) :]
            self._open(opening, self._calls.next_head)
        elif not opening.startswith(self._buffer):
            self._state = _State.CLOSING
        return []

    def _read_closing(self) -> list[Delta]:
        closing = self._calls.closing if self._calls is not None else ""
        at = self._buffer.find(closing)
        if at >= 0:
            self._buffer = self._buffer[at + len(closing) :]
            self._skipped = " \n\r\t"
            self._state = _State.TEXT
        return []

    def _scan(self) -> str:
        end = self._scanner.scan(self._buffer)
        taken, self._buffer = self._buffer[:end], self._buffer[end:]
        return taken

    def _skip(self) -> None:
        """Drop what stands before a text that begins here, once for each beginning."""
        self._buffer = self._buffer.lstrip(self._skipped) if self._skipped else self._buffer
        if self._buffer:
            self._skipped = ""

    def _take(self, endings: tuple[str, ...], *, at_end: bool) -> str:
        held = 0 if at_end else overlap(self._buffer, endings)
        cut = len(self._buffer) - held
        taken, self._buffer = self._buffer[:cut], self._buffer[cut:]
        return taken
