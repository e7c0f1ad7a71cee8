"""Checks of calls that are learned that the grammar of a forced call would let them through."""

from collections.abc import Iterator, Sequence

from cachetools import LRUCache
from llguidance import LLMatcher

from understudy.chat.grammar.compiling import compile_grammar, grammar_tokenizer
from understudy.chat.messages import Message, Tool
from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.errors import InvalidRequestError

_MAX_KEPT = 64
_SHOWN_CHARACTERS = 40


class HeldCalls:
    """The grammars of a file's tools, each made once."""

    def __init__(self, renderer: ChatRenderer) -> None:
        self._renderer = renderer
        self._tokenizer = None
        self._kept: LRUCache[str, LLMatcher] = LRUCache(_MAX_KEPT)

    def complaint(
        self,
        messages: Sequence[Message],
        tools: Sequence[Tool],
        trained: Sequence[bool],
        rendered: RenderedExample,
    ) -> str | None:
        """Return why a model that has learned an example could not make its calls when forced.

        Calls of tools that are not declared are not judged.
        """
        turns = [
            message for message, is_trained in zip(messages, trained, strict=True) if is_trained
        ]
        if not tools or not any(turn.tool_calls for turn in turns):
            return None
        declared = {tool.name for tool in tools}
        learned = list(_learned(rendered))
        if len(learned) != len(turns):
            return None
        for turn, (start, ids) in zip(turns, learned, strict=True):
            names = {call.name for call in turn.tool_calls}
            if not names or names - declared:
                continue
            try:
                matcher = self._matcher(tools, rendered.ids[:start]).deep_copy()
            except InvalidRequestError as error:
                return error.message
            count = matcher.try_consume_tokens(ids)
            if count < len(ids) or not matcher.is_accepting():
                after = self._renderer.decode(ids[:count])[-_SHOWN_CHARACTERS:]
                return (
                    "arguments must match the schema, keys in its order and no extras; first "
                    f"mismatch after {after!r}"
                )
        return None

    def _matcher(self, tools: Sequence[Tool], prompt: Sequence[int]) -> LLMatcher:
        grammar = self._renderer.grammar_of_calls(tools, prompt=prompt)
        if grammar not in self._kept:
            if self._tokenizer is None:
                self._tokenizer = grammar_tokenizer(self._renderer.vocabulary)
            self._kept[grammar] = compile_grammar(self._tokenizer, grammar)
        return self._kept[grammar]


def _learned(rendered: RenderedExample) -> Iterator[tuple[int, list[int]]]:
    """Return where each learned turn begins, and its ids without the token that ends it."""
    run: list[int] = []
    at = 0
    for at, (id, is_trained) in enumerate(zip(rendered.ids, rendered.trained, strict=True)):
        if is_trained:
            run.append(id)
        elif run:
            yield at - len(run), run[:-1]
            run = []
    if run:
        yield at + 1 - len(run), run[:-1]
