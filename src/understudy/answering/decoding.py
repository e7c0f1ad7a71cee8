"""The one token loop: from what the engine makes to the text and tool calls of an answer."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from understudy.answering.merging import merge
from understudy.answering.usage import AnswerUsage
from understudy.answering.visible_tokens import VisibleTokens
from understudy.chat.parsing.deltas import Delta, ReasoningDelta, ToolCallDelta
from understudy.chat.parsing.detokenizer import Detokenizer
from understudy.chat.parsing.parser import AnswerParser
from understudy.inference.client import EngineClient
from understudy.inference.protocol import (
    FinishEvent,
    GenerateRequest,
    PromptEvent,
    StartEvent,
    TokenEvent,
)
from understudy.schemas.chat.answer import FinishReason

# One request must not fill the engine's queue with its answers.
_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class AnswerRequest:
    """One answer to make: what the engine is asked, and how its tokens are read."""

    request: GenerateRequest
    parser: AnswerParser
    detokenizer: Detokenizer
    call_finish_reason: FinishReason = "tool_calls"
    """How an answer ends that calls tools."""
    is_single_call: bool = False
    """Whether the answer ends with its first call."""
    has_visible_tokens: bool
    """Whether the tokens of visible text are passed on with it."""


@dataclass(frozen=True, kw_only=True)
class ScoredPrompt:
    """The probabilities of a prompt's tokens, all but the first."""

    choice: int
    tokens: tuple[TokenEvent, ...]


@dataclass(frozen=True, kw_only=True)
class AnswerPiece:
    """More of one choice."""

    choice: int
    """The place of the choice among the requests."""
    delta: Delta
    tokens: tuple[TokenEvent, ...] = ()
    """The tokens of visible text, where they are passed on."""


@dataclass(frozen=True, kw_only=True)
class AnswerEnd:
    """The end of one choice."""

    choice: int
    finish_reason: FinishReason
    ids: tuple[int, ...]
    """What the model wrote, without the token that ended it."""
    logprobs: tuple[float, ...]
    """The model's own log-probability of each of them, in nats."""
    reasoning_tokens: int
    """How many of them the model spent on reasoning before it answered."""
    cached_tokens: int
    """How many tokens of the prompt had been read before."""
    reported: AnswerUsage | None = None
    """What a remote server counted, over all choices; None where tokens are counted here, and
    where the remote server did not say."""
    remote_model: str | None = None
    """The name that a remote server's answer carries; None for models of this server."""


Decoded = AsyncGenerator[ScoredPrompt | AnswerPiece | AnswerEnd, None]


async def decode(engine: EngineClient, requests: Sequence[AnswerRequest]) -> Decoded:
    """Yield the pieces of every answer as they are made, each answer ending with an `AnswerEnd`.

    A prompt whose tokens are scored comes before the first piece of its answer. Closing the
    generator cancels what is still being made.
    """
    sources = [_decode_one(engine, request, i) for i, request in enumerate(requests)]
    async with aclosing(merge(sources, at_once=_AT_ONCE)) as pieces:
        async for piece in pieces:
            yield piece


async def _decode_one(engine: EngineClient, asked: AnswerRequest, choice: int) -> Decoded:
    reader = _AnswerReader(asked, choice)
    prompt_tokens: list[TokenEvent] = []
    is_prompt_due = asked.request.prompt_logprobs
    cached_tokens, is_cut = 0, False
    async with aclosing(engine.generate(asked.request)) as events:
        async for event in events:
            if isinstance(event, StartEvent):
                cached_tokens = event.cached_tokens
                continue
            if isinstance(event, PromptEvent):
                prompt_tokens += event.tokens
                continue
            if is_prompt_due:
                is_prompt_due = False
                yield ScoredPrompt(choice=choice, tokens=tuple(prompt_tokens))
            if isinstance(event, FinishEvent):
                is_cut = event.reason == "length"
                break
            for piece in reader.read(event):
                yield piece
            if reader.is_done:
                break
    for piece in reader.finish():
        yield piece
    yield reader.end(is_cut=is_cut, cached_tokens=cached_tokens)


class _AnswerReader:
    """Reads the tokens of one answer."""

    def __init__(self, asked: AnswerRequest, choice: int) -> None:
        self._asked = asked
        self._choice = choice
        self._visible = VisibleTokens() if asked.has_visible_tokens else None
        self._reasoning = _ReasoningCount()
        self._ids: list[int] = []
        self._logprobs: list[float] = []
        self._has_calls = False

    @property
    def is_done(self) -> bool:
        """Whether the answer is whole although the model has not ended it."""
        parser = self._asked.parser
        return parser.is_stopped or (self._asked.is_single_call and parser.finished_calls > 0)

    def read(self, token: TokenEvent) -> list[AnswerPiece]:
        """Return the pieces that a token completes."""
        self._ids.append(token.token_id)
        self._logprobs.append(token.logprob)
        text = self._asked.detokenizer.feed(token.token_id)
        if self._visible is not None:
            self._visible.write(token, text)
        deltas = self._asked.parser.feed_text(text)
        self._reasoning.add(deltas)
        return self._pieces(deltas)

    def finish(self) -> list[AnswerPiece]:
        """Return the pieces that were held back."""
        rest = self._asked.detokenizer.finish()
        if self._visible is not None:
            self._visible.write_rest(rest)
        return self._pieces(self._asked.parser.feed_text(rest) + self._asked.parser.finish())

    def end(self, *, is_cut: bool, cached_tokens: int) -> AnswerEnd:
        """Return the end of the answer; `is_cut` says that it had no more room."""
        whole = self._asked.call_finish_reason if self._has_calls else "stop"
        return AnswerEnd(
            choice=self._choice,
            finish_reason="length" if is_cut else whole,
            ids=tuple(self._ids),
            logprobs=tuple(self._logprobs),
            reasoning_tokens=self._reasoning.tokens,
            cached_tokens=cached_tokens,
        )

    def _pieces(self, deltas: Sequence[Delta]) -> list[AnswerPiece]:
        self._has_calls = self._has_calls or any(isinstance(d, ToolCallDelta) for d in deltas)
        visible = self._visible
        return [
            AnswerPiece(
                choice=self._choice,
                delta=delta,
                tokens=() if visible is None else visible.tokens_of(delta),
            )
            for delta in deltas
        ]


class _ReasoningCount:
    """Counts the tokens of reasoning: those up to its last piece that was completed."""

    def __init__(self) -> None:
        self.tokens = 0
        self._pending = 0

    def add(self, deltas: Sequence[Delta]) -> None:
        """Count a token and what it completed."""
        self._pending += 1
        if deltas and all(isinstance(delta, ReasoningDelta) for delta in deltas):
            self.tokens += self._pending
        if deltas:
            self._pending = 0
