"""Generated token ids into text, tool calls and reasoning, the same however the stream is cut."""

from collections.abc import Collection, Sequence

from understudy.chat.families.call_forms import HERMES
from understudy.chat.families.formats import AnswerForm
from understudy.chat.messages import Tool
from understudy.chat.parsing.deltas import Delta, TextDelta
from understudy.chat.parsing.detokenizer import Detokenizer
from understudy.chat.parsing.harmony import HarmonyMachine
from understudy.chat.parsing.scanning import overlap
from understudy.chat.parsing.tagged import TaggedMachine

_HERMES_ANSWERS = AnswerForm(calls=HERMES)


class AnswerParser:
    """Reads one answer of a model that writes in a known form.

    Stop strings end the visible text; they are looked for neither in calls nor in reasoning.
    A call of a function that is not among `tools` is plain text; without `tools`, any is a call.
    `opening` is space that the chat template writes before every answer: no part of what is said.
    """

    def __init__(
        self,
        detokenizer: Detokenizer,
        *,
        form: AnswerForm = _HERMES_ANSWERS,
        stop: Sequence[str] = (),
        parse_tools: bool = True,
        tools: Sequence[Tool] = (),
        opening: str = "",
    ) -> None:
        self._opening = opening
        self._detokenizer = detokenizer
        offered = frozenset(tool.name for tool in tools) or None
        self._machine = machine(form, parse_tools=parse_tools, tools=tools, offered=offered)
        self._stop = tuple(stop)
        self._held = ""
        self.is_stopped = False

    @property
    def finished_calls(self) -> int:
        """Number of tool calls whose arguments are complete."""
        return self._machine.finished_calls

    def feed(self, token_id: int) -> list[Delta]:
        """Take one generated id and return what it completes, possibly nothing."""
        return self.feed_text(self._detokenizer.feed(token_id))

    def feed_text(self, text: str) -> list[Delta]:
        """Take decoded text; `feed` for a caller that has no ids."""
        if self._opening and text:
            text, self._opening = text.removeprefix(self._opening), ""
        return [] if self.is_stopped else self._until_stop(self._machine.feed(text))

    def finish(self) -> list[Delta]:
        """Return what was held back, once the model has ended."""
        if self.is_stopped:
            return []
        rest = self._machine.feed(self._detokenizer.finish()) + self._machine.finish()
        deltas = self._until_stop(rest)
        if not self.is_stopped:
            deltas += self._release()
        return deltas

    def _until_stop(self, deltas: Sequence[Delta]) -> list[Delta]:
        passed: list[Delta] = []
        for delta in deltas:
            if not isinstance(delta, TextDelta):
                passed += [*self._release(), delta]
                continue
            text = self._held + delta.text
            at = min((at for at in map(text.find, self._stop) if at >= 0), default=-1)
            if at >= 0:
                self.is_stopped = True
                return [*passed, TextDelta(text[:at])] if at else passed
            cut = len(text) - overlap(text, self._stop)
            self._held = text[cut:]
            if cut:
                passed.append(TextDelta(text[:cut]))
        return passed

    def _release(self) -> list[Delta]:
        held, self._held = self._held, ""
        return [TextDelta(held)] if held else []


def machine(
    form: AnswerForm,
    *,
    parse_tools: bool = True,
    tools: Sequence[Tool] = (),
    offered: Collection[str] | None = None,
) -> HarmonyMachine | TaggedMachine:
    """Return what reads the text of one answer of this form.

    Calls of functions that were not `offered` are plain text; with None, any is a call.
    """
    if form.is_harmony:
        return HarmonyMachine(parse_tools=parse_tools, offered=offered)
    calls = form.calls if parse_tools else None
    return TaggedMachine(form, calls, tools=tools, offered=offered)
