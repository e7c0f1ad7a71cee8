"""What a model wrote in an episode: its text, its calls, and how much it thought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from understudy.chat.parsing.deltas import Delta, ReasoningDelta, TextDelta, ToolCallDelta
from understudy.chat.parsing.parser import AnswerParser
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.training.reinforcement.episodes import Episode
from understudy.training.reinforcement.prompts import RenderedPrompt


@dataclass(frozen=True, kw_only=True)
class DrawnAnswer:
    """An answer in its tokens and as graders see it."""

    prompt: RenderedPrompt
    episode: Episode
    text: str
    tool_calls: tuple[Mapping[str, Any], ...]
    """As chat completions write them."""
    reasoning_tokens: int
    """Tokens up to the last piece of reasoning; 0 for a model that does not think aloud."""

    @property
    def completion_tokens(self) -> int:
        """Tokens of the answer, the one that ended it included."""
        return len(self.episode.answer_ids)


def read_answer(renderer: ChatRenderer, prompt: RenderedPrompt, episode: Episode) -> DrawnAnswer:
    """Read an answer as it would be served."""
    ids = episode.answer_ids if episode.is_cut else episode.answer_ids[:-1]
    detokenizer = renderer.detokenizer()
    pieces = [*map(detokenizer.feed, ids), detokenizer.finish()]
    # What is read is the same however it is cut, and in one piece it is read many times as fast.
    said = _read(_parser(renderer, prompt), ["".join(pieces)])
    if said.reasoned_until:
        said = _read(_parser(renderer, prompt), pieces)
    return DrawnAnswer(
        prompt=prompt,
        episode=episode,
        text=said.text,
        tool_calls=tuple(said.calls),
        reasoning_tokens=min(said.reasoned_until, len(ids)),
    )


def _parser(renderer: ChatRenderer, prompt: RenderedPrompt) -> AnswerParser:
    return renderer.answer_parser(
        prompt=prompt.ids, parse_tools=bool(prompt.tools), tools=prompt.tools
    )


def _read(parser: AnswerParser, pieces: Sequence[str]) -> "_Said":
    said = _Said()
    for place, piece in enumerate(pieces, start=1):
        said.add(parser.feed_text(piece), place)
    said.add(parser.finish(), len(pieces))
    return said


@dataclass
class _Said:
    """An answer while its tokens are read."""

    text: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    reasoned_until: int = 0
    """The piece, counted from 1, up to which it thought; 0 where it did not."""

    def add(self, deltas: list[Delta], place: int) -> None:
        for delta in deltas:
            if isinstance(delta, TextDelta):
                self.text += delta.text
            elif isinstance(delta, ReasoningDelta):
                self.reasoned_until = place
            elif isinstance(delta, ToolCallDelta):
                self._add_call(delta)

    def _add_call(self, delta: ToolCallDelta) -> None:
        if delta.id is not None:
            function = {"name": delta.name or "", "arguments": delta.arguments}
            self.calls.append({"id": delta.id, "type": "function", "function": function})
        else:
            self.calls[delta.index]["function"]["arguments"] += delta.arguments
