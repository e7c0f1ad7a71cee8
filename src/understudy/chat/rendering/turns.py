"""Where the turns that are learned stand in a rendered conversation, proved against the prompts."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from understudy.chat.rendering.append_only import MARK
from understudy.chat.rendering.template import ChatTemplate
from understudy.chat.rendering.vocabulary import PromptPiece
from understudy.chat.rendering.wire import WireMessages
from understudy.errors import InvalidRequestError


class TurnNotLearnedError(InvalidRequestError):
    """The template of a model does not write a turn as the model would."""


@dataclass(frozen=True)
class Turn:
    """An assistant's message in rendered text: what stands before `start` is its prompt."""

    message: int
    start: int
    end: int
    """Where the text of the next message begins, or sooner after this one's end."""


def end_of_answer(
    start: int, end: int, pieces: Sequence[PromptPiece], stop_ids: Sequence[int]
) -> int | None:
    """Return where the first token that ends an answer stands between two places of a text."""
    at = bisect_left(pieces, start, key=lambda piece: piece.start)
    while at < len(pieces) and pieces[at].start < end:
        if pieces[at].is_atom and pieces[at].ids[0] in stop_ids:
            return pieces[at].start
        at += 1
    return None


class TurnFinder:
    """Renders conversations and finds turns in them.

    What it returns is proved: the prompt of each turn is the beginning of the text. A template
    that is append-only is rendered once for that, any other one once more for each turn.
    """

    def __init__(self, template: ChatTemplate, header: str | None) -> None:
        """`header` is what the template adds at the end of a prompt, None where that is unknown."""
        self._template = template
        self._header = header

    def find(
        self, messages: WireMessages, tools: WireMessages, wanted: Sequence[int]
    ) -> tuple[str, list[Turn]]:
        """Return the text of a conversation and its turns at the indices `wanted`, in order.

        Raises InvalidRequestError where a prompt is not the beginning of the text.
        """
        head = self._template.head_messages
        if head is None or self._header is None:
            return self._compare_all(messages, tools, wanted)
        marked = self._template.render(messages, tools, add_generation_prompt=False, mark=True)
        bodies = marked.split(MARK)
        text = "".join(bodies)
        first = len(messages) - (len(bodies) - 1)
        if wanted and wanted[0] < first:
            return self._compare_all(messages, tools, wanted)
        borders = [0, *accumulate(map(len, bodies))]
        turns: list[Turn] = []
        for index in wanted:
            body = index - first + 1
            start = borders[body] + len(self._header)
            if not text.startswith(self._header, borders[body]):
                raise _rewrites(index)
            if index < head:
                self._check_prompt(text[:start], messages, tools, index)
            turns.append(Turn(index, start, borders[body + 1]))
        return text, turns

    def _compare_all(
        self, messages: WireMessages, tools: WireMessages, wanted: Sequence[int]
    ) -> tuple[str, list[Turn]]:
        text = self._template.render(messages, tools, add_generation_prompt=False)
        turns: list[Turn] = []
        for index in wanted:
            prompt = self._prompt(messages, tools, index)
            if not text.startswith(prompt):
                is_all = list(wanted) == [len(messages) - 1]
                text = self._continued(prompt, text) if is_all else None
                if text is None:
                    raise _rewrites(index)
            turns.append(Turn(index, len(prompt), len(text)))
        if not turns or turns[0].message == len(messages) - 1:
            return text, turns
        ends = self._ends(text, messages, tools, turns)
        return text, [replace(turn, end=end) for turn, end in zip(turns, ends, strict=True)]

    def _continued(self, prompt: str, text: str) -> str | None:
        """Return a prompt and the last turn after it, where only what precedes it is rewritten.

        That is what is served: whoever renders it reads back that the turn is whole.
        """
        if not self._header or not prompt.endswith(self._header):
            return None
        _, header, turn = text.rpartition(self._header)
        return prompt + turn if header else None

    def _ends(
        self, text: str, messages: WireMessages, tools: WireMessages, turns: Sequence[Turn]
    ) -> list[int]:
        """Return for each turn a place after it and not after the text of the next message."""
        learned = {turn.message for turn in turns}
        following = [turn.message + 1 for turn in turns if turn.message + 1 < len(messages)]
        marked = list(messages)
        others = [index for index in following if index not in learned]
        for index in others:
            marked[index] = _with_mark(messages[index])
        bodies = self._template.render(marked, tools, add_generation_prompt=False).split(MARK)
        if "".join(bodies) != text or len(bodies) - 1 != len(others):
            # Something of what follows cannot be marked, so each end must show by itself.
            return [self._end_of_beginning(text, messages, tools, turn) for turn in turns]
        limits = list(accumulate(map(len, bodies[:-1])))
        limits = sorted([*(turn.start for turn in turns), *limits, len(text)])
        return [next(limit for limit in limits if limit > turn.start) for turn in turns]

    def _end_of_beginning(
        self, text: str, messages: WireMessages, tools: WireMessages, turn: Turn
    ) -> int:
        until = messages[: turn.message + 1]
        beginning = self._template.render(until, tools, add_generation_prompt=False)
        if not text.startswith(beginning):
            raise _rewrites(turn.message)
        return len(beginning)

    def _check_prompt(
        self, beginning: str, messages: WireMessages, tools: WireMessages, index: int
    ) -> None:
        if self._prompt(messages, tools, index) != beginning:
            raise _rewrites(index)

    def _prompt(self, messages: WireMessages, tools: WireMessages, index: int) -> str:
        return self._template.render(messages[:index], tools, add_generation_prompt=True)


def _with_mark(message: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(message["content"], list):
        # Texts and images: a text of its own before all of them.
        parts: list[Any] = message["content"]
        return {**message, "content": [{"type": "text", "text": MARK}, *parts]}
    said: str = message["content"]
    if not said.strip() and "tool_calls" in message:
        # Text beside a call would change how templates write the call.
        call, *more = message["tool_calls"]
        named = {**call["function"], "name": MARK + call["function"]["name"]}
        return {**message, "tool_calls": [{**call, "function": named}, *more]}
    # After the spaces, because templates trim.
    spaces = len(said) - len(said.lstrip())
    return {**message, "content": said[:spaces] + MARK + said[spaces:]}


def _rewrites(index: int) -> TurnNotLearnedError:
    return TurnNotLearnedError(
        f"The chat template of this model changes earlier turns when message {index} is "
        "added, so training would not match serving; such conversations are refused. Give the "
        "message the weight 0, or end a conversation with it. Where no answer can be learned at "
        "all, the model needs another chat template.",
        param="messages",
    )
