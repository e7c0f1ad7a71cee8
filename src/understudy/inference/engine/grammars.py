"""Compiled grammars: made in a thread of their own and kept, so that a schema costs once."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from cachetools import LRUCache
from llguidance import LLMatcher, LLTokenizer

from understudy.chat.grammar.compiling import compile_grammar, grammar_tokenizer
from understudy.chat.rendering.vocabulary import Vocabulary
from understudy.errors import InvalidRequestError, UnderstudyError
from understudy.inference.engine.masks import RowGrammar
from understudy.inference.engine.tickets import Ticket
from understudy.inference.versions import Version

_log = logging.getLogger(__name__)

_MAX_KEPT = 256
_MAX_CHARACTERS_KEPT = 8_000_000
_MAX_TOKENIZERS = 8


class _Compiled(NamedTuple):
    matcher: LLMatcher
    tokens: int
    """Of the tokenizer that the matcher knows."""


class _Kept(NamedTuple):
    compiling: Future[_Compiled]
    room: int
    """Characters of the grammar, within what bounds how many are kept: one always fits."""


class CompiledGrammars:
    """The grammars last used. Belongs to the scheduler's thread; only compiling is elsewhere."""

    def __init__(self, *, when_compiled: Callable[[], None]) -> None:
        self._when_compiled = when_compiled
        self._kept: LRUCache[tuple[Version, str], _Kept] = LRUCache(
            _MAX_CHARACTERS_KEPT, getsizeof=lambda kept: kept.room
        )
        self._compiler = ThreadPoolExecutor(1, "engine-grammars")
        # Of the compiling thread alone:
        self._tokenizers: LRUCache[Version, LLTokenizer] = LRUCache(_MAX_TOKENIZERS)

    def is_ready(self, ticket: Ticket) -> bool:
        """Say whether `get` returns at once; begins to compile when nothing is known yet."""
        if ticket.request.grammar is None or ticket.grammar_digest is None:
            return True
        return self._compiling(ticket, ticket.request.grammar, ticket.grammar_digest).done()

    def get(self, ticket: Ticket) -> RowGrammar | None:
        """Return the request's grammar at the beginning of an answer, None if it has none.

        Raises InvalidRequestError when it cannot be followed.
        """
        if ticket.request.grammar is None or ticket.grammar_digest is None:
            return None
        compiling = self._compiling(ticket, ticket.request.grammar, ticket.grammar_digest)
        matcher, tokens = compiling.result()
        request = ticket.request
        return RowGrammar(
            matcher.deep_copy(),
            tokens=tokens,
            stop_ids=request.sampling.stop_ids,
            reluctant_ids=request.reluctant_ids,
        )

    def close(self) -> None:
        """End the compiling thread."""
        self._compiler.shutdown(cancel_futures=True)

    def _compiling(self, ticket: Ticket, grammar: str, digest: str) -> Future[_Compiled]:
        key = ticket.base, digest
        if key not in self._kept:
            compiling = self._compiler.submit(self._compile, ticket.base, grammar)
            room = min(max(len(grammar), _MAX_CHARACTERS_KEPT // _MAX_KEPT), _MAX_CHARACTERS_KEPT)
            self._kept[key] = _Kept(compiling, room)
            compiling.add_done_callback(lambda _: self._when_compiled())
        return self._kept[key].compiling

    def _compile(self, base: Version, grammar: str) -> _Compiled:
        try:
            tokenizer = self._tokenizer(base)
            return _Compiled(compile_grammar(tokenizer, grammar), tokenizer.vocab_size)
        except UnderstudyError:
            raise
        # The thread's outer edge: whatever a grammar does to the compiler ends its requests only.
        except Exception as problem:
            _log.exception("a grammar could not be compiled")
            raise InvalidRequestError(
                "The schemas of this request cannot be followed; the engine's log says why."
            ) from problem

    def _tokenizer(self, base: Version) -> LLTokenizer:
        if base not in self._tokenizers:
            vocabulary = Vocabulary.from_file(base.directory / "tokenizer.json")
            self._tokenizers[base] = grammar_tokenizer(vocabulary)
        return self._tokenizers[base]
