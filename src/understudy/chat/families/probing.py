"""Finds out how one chat template writes answers, by looking at what it makes of a few."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from understudy.chat.families.call_forms import HERMES
from understudy.chat.families.formats import AnswerForm, answer_form
from understudy.chat.messages import Message, Role, Tool, ToolCall
from understudy.chat.rendering.reading_back import is_read_back
from understudy.chat.rendering.template import ChatTemplate
from understudy.chat.rendering.turns import end_of_answer
from understudy.chat.rendering.vocabulary import Vocabulary
from understudy.chat.rendering.wire import CallShape, WireWriter
from understudy.errors import InvalidRequestError

# Mistral's templates raise an error for ids of tool calls that are shorter, or of another length.
_DEMANDS_NINE = re.compile(r"length\s*(?:!=|<)\s*9\b")
_TOOL = Tool(name="qqtool", description="d", parameters={"type": "object", "properties": {}})
_QUESTION = Message(role=Role.USER, content="a")
# A call that shows how a template writes calls: a list, an object, a brace and a foreign letter.
_CALL = Message(
    role=Role.ASSISTANT,
    tool_calls=(ToolCall(id="call_0", name="qqtool", arguments='{"a": [1, {"b": "}\u00e9"}]}'),),
)
_TEXT = "qqtext"
_TEXT_AND_CALL = replace(_CALL, content=_TEXT)


class TemplateProbe:
    """What can be learned of a template that runs with one vocabulary."""

    def __init__(
        self, vocabulary: Vocabulary, template: ChatTemplate, stop_ids: Sequence[int]
    ) -> None:
        self._vocabulary = vocabulary
        self._template = template
        self._stop_ids = stop_ids

    @cached_property
    def form(self) -> AnswerForm:
        """What answers look like."""
        has_think_token = self._vocabulary.id_of("<think>") is not None
        return answer_form(self._template.source, has_think_token=has_think_token)

    @cached_property
    def header(self) -> str | None:
        """What the template adds to every prompt, after which the answer begins, if it adds any."""
        prompt, without = self._asked(prompt=True), self._asked(prompt=False)
        if prompt is None or without is None or not prompt.startswith(without):
            return None
        return prompt[len(without) :]

    @cached_property
    def cut_after(self) -> str:
        """A text after which no token continues, so that an answer begins a token of its own."""
        if self.header:
            return self.header
        prompt, other = self._asked(prompt=True), self._asked(prompt=True, said="b")
        return _common_end(prompt or "", other or "")

    @cached_property
    def opening(self) -> str:
        """Space that the template writes between the end of a prompt and every answer."""
        written = self.written(Message(role=Role.ASSISTANT, content=_TEXT)) or ""
        return " " if written.startswith(f" {_TEXT}") else ""

    @cached_property
    def template(self) -> ChatTemplate:
        """The template, in that way of seeing messages in which it keeps texts before calls."""
        if self._call_writer is None:
            return self._template
        written = self._written(self._call_writer, _TEXT_AND_CALL, self._template)
        if written is None or _TEXT not in written.partition(_TOOL.name)[2]:
            return self._template
        apart = self._template.with_text_apart()
        written = self._written(self._call_writer, _TEXT_AND_CALL, apart)
        is_read = written is not None and is_read_back(_TEXT_AND_CALL, written, self.form)
        return apart if is_read else self._template

    @property
    def has_tool_calls(self) -> bool:
        """Whether tools are shown to the model, and calls written that are read back."""
        return self._call_writer is not None and self._shows_tools

    @property
    def lack_of_tools(self) -> str:
        """Why the template has no tool calls, as the end of a sentence."""
        if self._call_writer is None:
            return "has no tool calls of a form that is read here"
        return "does not show the model which tools there are"

    @property
    def writer(self) -> WireWriter:
        """Writes messages as the template reads them."""
        return self._call_writer or self._writer(CallShape.OBJECTS)

    def written(self, message: Message) -> str | None:
        """Return what the template writes for an assistant's turn, or None if it cannot.

        What a prompt itself begins of the reasoning is a part of that, where it is written at all.
        """
        return self._written(self.writer, message, self.template)

    @cached_property
    def _call_writer(self) -> WireWriter | None:
        return next(filter(self._writes_calls, map(self._writer, CallShape)), None)

    def _writer(self, call_shape: CallShape) -> WireWriter:
        return WireWriter(
            vocabulary=self._vocabulary,
            form=self.form,
            call_shape=call_shape,
            has_short_ids=_DEMANDS_NINE.search(self._template.source) is not None,
        )

    def _writes_calls(self, writer: WireWriter) -> bool:
        if writer.call_shape is CallShape.CONTENT and self.form.calls is not HERMES:
            return False
        written = self._written(writer, _CALL, self._template)
        return written is not None and is_read_back(_CALL, written, self.form)

    def _written(self, writer: WireWriter, message: Message, template: ChatTemplate) -> str | None:
        wire = [writer.message(_QUESTION), writer.message(message)]
        tools = [writer.tool(_TOOL)] if message.tool_calls else []
        try:
            prompt = template.render(wire[:1], tools, add_generation_prompt=True)
            text = template.render(wire, tools, add_generation_prompt=False)
        except InvalidRequestError:
            return None
        asked = self.form.without_reasoning(prompt)
        start = _end_of_prompt(asked, text)
        if start is None:
            return None
        pieces = self._vocabulary.pieces(text, self.cut_after)
        stop = end_of_answer(start, len(text), pieces, self._stop_ids)
        written = self._vocabulary.unguarded(text[start:stop])
        # A prompt that asks for thoughts opens them where DeepSeek's turns without any close them.
        is_thinking = len(asked) < len(prompt)
        return written.removeprefix(self.form.marks.closing) if is_thinking else written

    @cached_property
    def _shows_tools(self) -> bool:
        asked = [self.writer.message(_QUESTION)]
        try:
            text = self._template.render(
                asked, [self.writer.tool(_TOOL)], add_generation_prompt=True
            )
        except InvalidRequestError:
            return False
        return _TOOL.name in text

    def _asked(self, *, prompt: bool, said: str = "a") -> str | None:
        question = [{"role": "user", "content": said}]
        try:
            return self._template.render(question, (), add_generation_prompt=prompt)
        except InvalidRequestError:
            return None


def _end_of_prompt(prompt: str, text: str) -> int | None:
    """Return where a prompt ends in a text that begins with it but for spaces, or None.

    Some templates indent a header otherwise in a prompt than before a turn. That does not change
    how they write answers; whether a turn can be learned is proved elsewhere.
    """
    if text.startswith(prompt):
        return len(prompt)
    at = 0
    for character in "".join(prompt.split()):
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text) or text[at] != character:
            return None
        at += 1
    return at


def _common_end(left: str, right: str) -> str:
    length = 0
    while length < min(len(left), len(right)) and left[-length - 1] == right[-length - 1]:
        length += 1
    return left[len(left) - length :]
