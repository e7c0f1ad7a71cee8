"""What of a training file's line is judged: every text in it, read after those before it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from understudy.chat.messages import Message, Role

_ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
    "function": Role.TOOL,
}
_MAX_EXCERPT = 200


@dataclass(frozen=True, kw_only=True)
class LineTexts:
    """The conversations of a line, of each of which the last message is judged."""

    conversations: tuple[tuple[Message, ...], ...]
    has_unread: bool
    """Whether something stands there that no text shows: an image, or what no one can read."""


def texts_of_line(line: bytes) -> LineTexts:
    """Return what is judged of a line of any format; of what is none of them, nothing is."""
    try:
        content = json.loads(line)
    except ValueError:
        return LineTexts(conversations=(), has_unread=True)
    fields = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    reader = _Reader()
    asked = fields.get("input")
    if isinstance(fields.get("messages"), list):
        reader.read(fields["messages"], ())
    elif isinstance(asked, dict):
        before = reader.read(cast("dict[str, Any]", asked).get("messages"), ())
        for answer in ("preferred", "non_preferred"):
            spellings = (fields.get(f"{answer}_{noun}") for noun in ("output", "completion"))
            reader.read(next((said for said in spellings if said is not None), None), before)
    elif isinstance(fields.get("prompt"), str):
        reader.read(
            [
                {"role": "user", "content": fields["prompt"]},
                {"role": "assistant", "content": fields.get("completion")},
            ],
            (),
        )
    else:
        reader.has_unread = True
    return LineTexts(conversations=tuple(reader.conversations), has_unread=reader.has_unread)


def excerpt_of(text: str) -> str:
    """Return the beginning of a text on one line."""
    short = " ".join(text.split())
    return short if len(short) <= _MAX_EXCERPT else short[: _MAX_EXCERPT - 1] + "…"


class _Reader:
    def __init__(self) -> None:
        self.conversations: list[tuple[Message, ...]] = []
        self.has_unread = False

    def read(self, written: object, before: Sequence[Message]) -> tuple[Message, ...]:
        """Add the conversations of a list of messages; returns the last of them whole."""
        messages = tuple(before)
        if not isinstance(written, list):
            self.has_unread = True
            return messages
        for entry in cast("list[Any]", written):
            fields = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
            role, texts = _ROLES.get(str(fields.get("role"))), list(self._texts(fields))
            if role is None:
                self.has_unread = True
                continue
            if texts:
                messages = (*messages, Message(role=role, content="\n".join(texts)))
                self.conversations.append(messages)
        return messages

    def _texts(self, fields: dict[str, Any]) -> Iterator[str]:
        content = fields.get("content")
        parts = cast("list[Any]", content) if isinstance(content, list) else [content]
        for part in parts:
            text = cast("dict[str, Any]", part).get("text") if isinstance(part, dict) else part
            if isinstance(text, str):
                if text.strip():
                    yield text
            elif part is not None:
                self.has_unread = True
        for name in ("reasoning_content", "refusal"):
            if isinstance(fields.get(name), str) and fields[name].strip():
                yield fields[name]
        for call in (fields.get("tool_calls") or []), [fields.get("function_call")]:
            yield from self._calls(call)

    def _calls(self, calls: object) -> Iterator[str]:
        for call in cast("list[Any]", calls) if isinstance(calls, list) else []:
            if not isinstance(call, dict):
                continue
            fields = cast("dict[str, Any]", call)
            function = cast("dict[str, Any]", fields.get("function") or fields)
            yield f"{function.get('name')}({function.get('arguments')})"
