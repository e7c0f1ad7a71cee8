"""The pieces of an answer as the objects that stand on the wire: whole, or chunk by chunk."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from understudy.answering.chat_plan import ChatPlan
from understudy.answering.generation import End, Piece, Prompt
from understudy.chat.deltas import TextDelta, VisibleDelta
from understudy.ids import new_id, unix_now
from understudy.inference.protocol import TokenEvent
from understudy.schemas import chat_chunks
from understudy.schemas.chat_answers import (
    AnswerMessage,
    AnswerToolCall,
    CalledFunction,
    ChatCompletion,
    Choice,
    ChoiceLogprobs,
    FinishReason,
    PromptTokensDetails,
    TokenLogprob,
    TopLogprob,
    Usage,
)
from understudy.schemas.chat_chunks import (
    ChatCompletionChunk,
    ChatCompletionChunkWithUsage,
    ChunkChoice,
)

_ID_LENGTH = 29
# Stands at OpenAI for the logarithm of zero, which JSON cannot write.
_IMPOSSIBLE = -9999.0
Pieces = AsyncGenerator[Piece | End, None]


@dataclass
class _Choice:
    """One choice while its pieces come in."""

    text: str = ""
    call_ids: list[str] = field(default_factory=list[str])
    call_names: list[str] = field(default_factory=list[str])
    call_arguments: list[str] = field(default_factory=list[str])
    shown_tokens: list[TokenEvent] = field(default_factory=list[TokenEvent])
    finish_reason: FinishReason = "stop"
    tokens: int = 0
    cached_tokens: int = 0

    def add(self, piece: Piece) -> None:
        delta = piece.delta
        self.shown_tokens += piece.tokens or ()
        if isinstance(delta, TextDelta):
            self.text += delta.text
        elif delta.id is not None:
            self.call_ids.append(delta.id)
            self.call_names.append(delta.name or "")
            self.call_arguments.append(delta.arguments)
        else:
            self.call_arguments[delta.index] += delta.arguments

    def message(self) -> AnswerMessage:
        parts = zip(self.call_ids, self.call_names, self.call_arguments, strict=True)
        calls = tuple(
            AnswerToolCall(id=id_, function=CalledFunction(name=name, arguments=arguments))
            for id_, name, arguments in parts
        )
        if not calls:
            return AnswerMessage(content=self.text)
        return AnswerMessage(content=self.text or None, tool_calls=calls)


async def whole_answer(prompt: Prompt, plan: ChatPlan, pieces: Pieces) -> ChatCompletion:
    """Collect an answer to its end."""
    created = unix_now()
    choices = [_Choice() for _ in range(plan.choices)]
    async with aclosing(pieces):
        async for piece in pieces:
            choice = choices[piece.choice]
            if isinstance(piece, Piece):
                choice.add(piece)
            else:
                choice.finish_reason, choice.tokens = piece.finish_reason, piece.tokens
                choice.cached_tokens = piece.cached_tokens
    return ChatCompletion(
        id=new_id("chatcmpl-", _ID_LENGTH),
        created=created,
        model=prompt.model.name,
        choices=[
            Choice(
                index=i,
                message=choice.message(),
                logprobs=None if plan.top_logprobs is None else _wire(prompt, choice.shown_tokens),
                finish_reason=choice.finish_reason,
            )
            for i, choice in enumerate(choices)
        ],
        usage=_usage(
            prompt,
            sum(choice.tokens for choice in choices),
            # The choice that read most of the prompt read it for all of them.
            min(choice.cached_tokens for choice in choices),
        ),
        system_fingerprint=prompt.model.fingerprint,
    )


async def chunks(
    prompt: Prompt, pieces: Pieces, *, is_usage_sent: bool
) -> AsyncGenerator[ChatCompletionChunk, None]:
    """Yield an answer chunk by chunk; with usage, a last chunk without choices brings it."""
    writer = _ChunkWriter(prompt, is_usage_sent=is_usage_sent)
    begun: set[int] = set()
    tokens, cached_tokens = 0, len(prompt.ids)
    async with aclosing(pieces):
        async for piece in pieces:
            if piece.choice not in begun:
                begun.add(piece.choice)
                yield writer.chunk(piece.choice, chat_chunks.FirstDelta())
            if isinstance(piece, Piece):
                is_told = piece.tokens is not None and isinstance(piece.delta, TextDelta)
                logprobs = _wire(prompt, piece.tokens or ()) if is_told else None
                yield writer.chunk(piece.choice, _wire_delta(piece.delta), logprobs=logprobs)
            else:
                tokens += piece.tokens
                cached_tokens = min(cached_tokens, piece.cached_tokens)
                yield writer.chunk(piece.choice, chat_chunks.Delta(), piece.finish_reason)
    if is_usage_sent:
        yield writer.last(_usage(prompt, tokens, cached_tokens))


class _ChunkWriter:
    """Makes chunks that agree in everything but what they bring."""

    def __init__(self, prompt: Prompt, *, is_usage_sent: bool) -> None:
        self._id = new_id("chatcmpl-", _ID_LENGTH)
        self._created = unix_now()
        self._model = prompt.model.name
        self._fingerprint = prompt.model.fingerprint
        self._is_usage_sent = is_usage_sent

    def chunk(
        self,
        choice: int,
        delta: chat_chunks.Delta,
        finish_reason: FinishReason | None = None,
        *,
        logprobs: ChoiceLogprobs | None = None,
    ) -> ChatCompletionChunk:
        content = ChunkChoice(
            index=choice, delta=delta, logprobs=logprobs, finish_reason=finish_reason
        )
        if self._is_usage_sent:
            return self._with_usage([content], None)
        return ChatCompletionChunk(
            id=self._id,
            created=self._created,
            model=self._model,
            system_fingerprint=self._fingerprint,
            choices=[content],
        )

    def last(self, usage: Usage) -> ChatCompletionChunk:
        return self._with_usage([], usage)

    def _with_usage(self, choices: list[ChunkChoice], usage: Usage | None) -> ChatCompletionChunk:
        return ChatCompletionChunkWithUsage(
            id=self._id,
            created=self._created,
            model=self._model,
            system_fingerprint=self._fingerprint,
            choices=choices,
            usage=usage,
        )


def _wire_delta(delta: VisibleDelta) -> chat_chunks.Delta:
    if isinstance(delta, TextDelta):
        return chat_chunks.TextDelta(content=delta.text)
    if delta.id is not None:
        function = CalledFunction(name=delta.name or "", arguments=delta.arguments)
        beginning = chat_chunks.CallBeginning(index=delta.index, id=delta.id, function=function)
        return chat_chunks.ToolCallsDelta(tool_calls=[beginning])
    piece = chat_chunks.ArgumentsPiece(arguments=delta.arguments)
    continuation = chat_chunks.CallContinuation(index=delta.index, function=piece)
    return chat_chunks.ToolCallsDelta(tool_calls=[continuation])


def _wire(prompt: Prompt, tokens: Sequence[TokenEvent]) -> ChoiceLogprobs:
    def likely(token_id: int, logprob: float) -> TopLogprob:
        written = prompt.model.renderer.bytes_of(token_id)
        # Half a character is written as its bytes, as at OpenAI: \xf0\x9f.
        text = written.decode("utf-8", errors="backslashreplace")
        return TopLogprob(token=text, logprob=max(logprob, _IMPOSSIBLE), bytes=list(written))

    return ChoiceLogprobs(
        content=[
            TokenLogprob(
                **dict(likely(token.token_id, token.logprob)),
                top_logprobs=[likely(*other) for other in token.likeliest],
            )
            for token in tokens
        ]
    )


def _usage(prompt: Prompt, completion_tokens: int, cached_tokens: int) -> Usage:
    return Usage(
        prompt_tokens=len(prompt.ids),
        completion_tokens=completion_tokens,
        total_tokens=len(prompt.ids) + completion_tokens,
        prompt_tokens_details=PromptTokensDetails(cached_tokens=cached_tokens),
    )
