"""Typed placeholders in the place of personal data and secrets, the same one for the same text."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from understudy.data.report.personal_data.counting import found_shapes
from understudy.distilling.captured import Captured


def redacted(captured: Captured) -> tuple[Captured, Counter[str]]:
    """Return an answer without what looks like personal data or secrets, and the count by kind.

    Equal texts of one conversation get the same placeholder, `<EMAIL_ADDRESS_1>`, so that who is
    meant can still be followed. A shape is no proof, and not every secret has one.
    """
    placeholders = _Placeholders()
    changed = replace(
        captured,
        prompt=[placeholders.message(message) for message in captured.prompt],
        text=placeholders.text(captured.text),
        calls=[placeholders.call(call) for call in captured.calls],
    )
    return changed, placeholders.counts


class _Placeholders:
    """What stands in the place of what, in one conversation."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._known: dict[tuple[str, str], str] = {}
        self._numbers: Counter[str] = Counter()

    def text(self, text: str) -> str:
        pieces: list[str] = []
        end = 0
        for kind, start, stop in found_shapes(text):
            if start < end:
                continue  # Two shapes in one place: the first has it.
            pieces += [text[end:start], self._placeholder(kind, text[start:stop])]
            self.counts[kind] += 1
            end = stop
        return "".join([*pieces, text[end:]])

    def message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        changed = dict(message)
        content = message.get("content")
        if isinstance(content, str):
            changed["content"] = self.text(content)
        elif isinstance(content, list):
            changed["content"] = [self._part(part) for part in cast("list[Any]", content)]
        if message.get("tool_calls"):
            changed["tool_calls"] = [self.call(call) for call in message["tool_calls"]]
        return changed

    def call(self, call: Mapping[str, Any]) -> dict[str, Any]:
        function = call["function"]
        # Inside of JSON a placeholder is letters like any others: no quote, no backslash.
        arguments = self.text(function["arguments"])
        return {**call, "function": {**function, "arguments": arguments}}

    def _part(self, part: Any) -> Any:
        if isinstance(part, Mapping) and isinstance(part.get("text"), str):
            known = cast("Mapping[str, Any]", part)
            return {**known, "text": self.text(known["text"])}
        return part

    def _placeholder(self, kind: str, found: str) -> str:
        key = (kind, found)
        if key not in self._known:
            self._numbers[kind] += 1
            word = "".join(c if c.isalnum() else "_" for c in kind.partition(" (")[0]).upper()
            self._known[key] = f"<{word}_{self._numbers[kind]}>"
        return self._known[key]
