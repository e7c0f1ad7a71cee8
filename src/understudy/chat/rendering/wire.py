"""Messages and tools in the shape that one model's chat template reads, every text guarded."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from understudy.chat.families.formats import AnswerForm, Reasoning
from understudy.chat.messages import Image, Message, Role, Tool, ToolCall
from understudy.chat.rendering.vocabulary import Vocabulary
from understudy.errors import InvalidRequestError

WireMessages = Sequence[Mapping[str, Any]]
_SHORT_ID = 9


class CallShape(Enum):
    """How a template takes tool calls."""

    OBJECTS = auto()
    """With arguments as an object, which it writes itself."""
    JSON_TEXTS = auto()
    """With arguments as JSON text, as OpenAI has them."""
    CONTENT = auto()
    """Written into the content, because it shows only that."""


@dataclass(frozen=True, kw_only=True)
class WireWriter:
    """Writes what one template reads."""

    vocabulary: Vocabulary
    form: AnswerForm
    call_shape: CallShape
    has_short_ids: bool
    """Whether the template accepts only ids of nine letters and digits."""

    def message(self, message: Message) -> dict[str, Any]:
        """Return one message as the template reads it."""
        content = self.vocabulary.guard(message.content or "")
        wire: dict[str, Any] = {"role": message.role.value, "content": content}
        # No prompt says by which name the answer to it is given, so none can be learned either.
        if message.name is not None and message.role is not Role.ASSISTANT:
            wire["name"] = self.vocabulary.guard(message.name)
        if message.tool_call_id is not None:
            wire["tool_call_id"] = self._id(message.tool_call_id)
        if message.reasoning is not None:
            self._add_reasoning(wire, self.vocabulary.guard(message.reasoning))
        if message.tool_calls and self.call_shape is CallShape.CONTENT:
            calls = [_call_as_text(self._call(call)) for call in message.tool_calls]
            wire["content"] = "\n".join([wire["content"], *calls]).removeprefix("\n")
        elif message.tool_calls:
            wire["tool_calls"] = [self._call(call) for call in message.tool_calls]
        if message.parts:
            wire["content"] = [self._part(part) for part in message.parts]
        return wire

    def tool(self, tool: Tool) -> dict[str, Any]:
        """Return one tool as the template reads it."""
        function: dict[str, Any] = {"name": tool.name}
        if tool.description is not None or self.form.is_harmony:
            # The template of harmony writes a comment for every tool, an empty one if need be.
            function["description"] = tool.description or ""
        if tool.parameters is not None:
            function["parameters"] = dict(tool.parameters)
        return self._guarded({"type": "function", "function": function})

    def _part(self, part: str | Image) -> dict[str, str]:
        if isinstance(part, Image):
            return {"type": "image"}
        return {"type": "text", "text": self.vocabulary.guard(part)}

    def _add_reasoning(self, wire: dict[str, Any], reasoning: str) -> None:
        match self.form.reasoning:
            case Reasoning.NOWHERE:
                raise InvalidRequestError(
                    "The chat template of this model has no place for reasoning.",
                    param="messages",
                )
            case Reasoning.IN_FIELDS:
                wire["thinking" if self.form.is_harmony else "reasoning_content"] = reasoning
            case Reasoning.IN_CONTENT:
                opening, closing = self.form.marks.opening, self.form.marks.closing
                wire["content"] = f"{opening}\n{reasoning}\n{closing}\n\n{wire['content']}"

    def _call(self, call: ToolCall) -> dict[str, Any]:
        arguments = self._guarded(json.loads(call.arguments))
        if self.call_shape is CallShape.JSON_TEXTS:
            # Spelled as `tojson` would, so that a model learns one way of writing them.
            arguments = json.dumps(arguments, ensure_ascii=False)
        function = {"name": self.vocabulary.guard(call.name), "arguments": arguments}
        return {"id": self._id(call.id), "type": "function", "function": function}

    def _id(self, id: str) -> str:
        if self.has_short_ids and not (len(id) == _SHORT_ID and id.isalnum()):
            return hashlib.sha256(id.encode()).hexdigest()[:_SHORT_ID]
        return self.vocabulary.guard(id)

    def _guarded(self, value: Any) -> Any:
        """Guard every text inside a JSON-like value, so that none can become a control token."""
        if isinstance(value, str):
            return self.vocabulary.guard(value)
        if isinstance(value, Mapping):
            return {self._guarded(key): self._guarded(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._guarded(item) for item in value]
        return value


def _call_as_text(call: Mapping[str, Any]) -> str:
    text = json.dumps(call["function"], ensure_ascii=False)
    return f"<tool_call>\n{text}\n</tool_call>"
