"""The pieces of an answer as the objects that stand on the wire: whole, or chunk by chunk."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from understudy.answering.generation import End, Piece, Prompt
from understudy.answering.logprobs import token_logprobs
from understudy.answering.padding import padding_for
from understudy.answering.plan import ChatPlan
from understudy.chat.parsing.deltas import ReasoningDelta, TextDelta, ToolCallDelta, VisibleDelta
from understudy.ids import new_id, unix_now
from understudy.inference.protocol import TokenEvent
from understudy.schemas.chat import chunks as wire
from understudy.schemas.chat.answer import (
    AnswerMessage,
    AnswerToolCall,
    CalledFunction,
    ChatCompletion,
    Choice,
    ChoiceLogprobs,
    CompletionTokensDetails,
    FinishReason,
    PromptTokensDetails,
    Usage,
)
from understudy.schemas.chat.chunks import (
    ChatCompletionChunk,
    ChatCompletionChunkWithUsage,
    ChunkChoice,
)

_ID_LENGTH = 29
Pieces = AsyncGenerator[Piece | End, None]


@dataclass
class _Choice:
    """One choice while its pieces come in."""

    text: str = ""
    call_ids: list[str] = field(default_factory=list[str])
    call_names: list[str] = field(default_factory=list[str])
    call_arguments: list[str] = field(default_factory=list[str])
    shown_tokens: list[TokenEvent] = field(default_factory=list[TokenEvent])
    end: End | None = None

    def add(self, piece: Piece | End) -> None:
        if isinstance(piece, End):
            self.end = piece
            return
        delta = piece.delta
        if isinstance(delta, ReasoningDelta):
            # It counts as tokens but is not shown, as at OpenAI.
            return
        self.shown_tokens += piece.tokens or ()
        if isinstance(delta, TextDelta):
            self.text += delta.text
        elif delta.id is not None:
            self.call_ids.append(delta.id)
            self.call_names.append(delta.name or "")
            self.call_arguments.append(delta.arguments)
        else:
            self.call_arguments[delta.index] += delta.arguments

    def message(self, *, is_legacy: bool) -> AnswerMessage:
        parts = zip(self.call_ids, self.call_names, self.call_arguments, strict=True)
        calls = tuple(
            AnswerToolCall(id=id_, function=CalledFunction(name=name, arguments=arguments))
            for id_, name, arguments in parts
        )
        if not calls:
            return AnswerMessage(content=self.text)
        if is_legacy:
            return AnswerMessage(content=self.text or None, function_call=calls[0].function)
        return AnswerMessage(content=self.text or None, tool_calls=calls)


class AnswerDraft:
    """An answer while its pieces come in; whole, it is the object that is sent and stored."""

    def __init__(self, prompt: Prompt, plan: ChatPlan) -> None:
        self.id = new_id("chatcmpl-", _ID_LENGTH)
        self.created = unix_now()
        self.prompt = prompt
        self.plan = plan
        self._is_probability_told = plan.top_logprobs is not None
        self._choices = [_Choice() for _ in range(plan.choices)]

    @property
    def is_whole(self) -> bool:
        """Whether every choice has ended."""
        return all(choice.end is not None for choice in self._choices)

    def add(self, piece: Piece | End) -> None:
        """Take the next piece of any choice."""
        self._choices[piece.choice].add(piece)

    def completion(self) -> ChatCompletion:
        """Return the answer, of which every choice has ended."""
        return ChatCompletion(
            id=self.id,
            created=self.created,
            model=self.prompt.model.name,
            choices=[self._choice(i, choice) for i, choice in enumerate(self._choices)],
            usage=self.usage(),
            system_fingerprint=self.prompt.model.fingerprint,
        )

    def usage(self) -> Usage:
        """Return the tokens read and written so far."""
        ends = [choice.end for choice in self._choices if choice.end is not None]
        prompt_tokens = len(self.prompt.ids)
        completion_tokens = sum(len(end.ids) for end in ends)
        return Usage(
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            total_tokens=prompt_tokens + completion_tokens,
            prompt_tokens_details=PromptTokensDetails(
                # The choice that read most of the prompt read it for all of them.
                cached_tokens=min((end.cached_tokens for end in ends), default=0)
            ),
            completion_tokens_details=CompletionTokensDetails(
                reasoning_tokens=sum(end.reasoning_tokens for end in ends)
            ),
        )

    def logprobs(self, tokens: Sequence[TokenEvent]) -> ChoiceLogprobs:
        """Tell how likely some tokens of the answer were."""
        return ChoiceLogprobs(content=token_logprobs(self.prompt.model.renderer, tokens))

    def _choice(self, index: int, choice: _Choice) -> Choice:
        assert choice.end is not None
        return Choice(
            index=index,
            message=choice.message(is_legacy=self.plan.has_legacy_calls),
            logprobs=self.logprobs(choice.shown_tokens) if self._is_probability_told else None,
            finish_reason=choice.end.finish_reason,
        )


OnWhole = Callable[[ChatCompletion], Awaitable[None]]
"""What is done with an answer that is whole before its client learns of its end."""


async def whole_answer(draft: AnswerDraft, pieces: Pieces) -> ChatCompletion:
    """Collect an answer to its end."""
    async with aclosing(pieces):
        async for piece in pieces:
            draft.add(piece)
    return draft.completion()


async def chunks(
    draft: AnswerDraft, pieces: Pieces, *, is_usage_sent: bool, on_whole: OnWhole | None = None
) -> AsyncGenerator[ChatCompletionChunk, None]:
    """Yield an answer chunk by chunk; with usage, a last chunk without choices brings it."""
    writer = _ChunkWriter(draft, is_usage_sent=is_usage_sent)
    begun: set[int] = set()
    async with aclosing(pieces):
        async for piece in pieces:
            draft.add(piece)
            if piece.choice not in begun:
                begun.add(piece.choice)
                yield writer.chunk(piece.choice, wire.FirstDelta())
            if isinstance(piece, End):
                if draft.is_whole and on_whole is not None:
                    await on_whole(draft.completion())
                yield writer.chunk(piece.choice, wire.Delta(), piece.finish_reason)
            elif not isinstance(piece.delta, ReasoningDelta):
                is_told = piece.tokens is not None and isinstance(piece.delta, TextDelta)
                logprobs = draft.logprobs(piece.tokens or ()) if is_told else None
                yield writer.chunk(piece.choice, writer.delta(piece.delta), logprobs=logprobs)
    if is_usage_sent:
        yield writer.last(draft.usage())


class _ChunkWriter:
    """Makes chunks that agree in everything but what they bring."""

    def __init__(self, draft: AnswerDraft, *, is_usage_sent: bool) -> None:
        self._id = draft.id
        self._created = draft.created
        self._model = draft.prompt.model.name
        self._fingerprint = draft.prompt.model.fingerprint
        self._is_usage_sent = is_usage_sent
        self._has_legacy_calls = draft.plan.has_legacy_calls
        self._is_obfuscated = draft.plan.is_obfuscated

    def delta(self, delta: VisibleDelta) -> wire.Delta:
        if isinstance(delta, TextDelta):
            return wire.TextDelta(content=delta.text)
        return _legacy_call(delta) if self._has_legacy_calls else _tool_call(delta)

    def chunk(
        self,
        choice: int,
        delta: wire.Delta,
        finish_reason: FinishReason | None = None,
        *,
        logprobs: ChoiceLogprobs | None = None,
    ) -> ChatCompletionChunk:
        content = ChunkChoice(
            index=choice, delta=delta, logprobs=logprobs, finish_reason=finish_reason
        )
        padding = padding_for(delta.model_dump_json()) if self._is_obfuscated else None
        if self._is_usage_sent:
            return self._with_usage([content], None, padding)
        return ChatCompletionChunk(
            id=self._id,
            created=self._created,
            model=self._model,
            system_fingerprint=self._fingerprint,
            choices=[content],
            obfuscation=padding,
        )

    def last(self, usage: Usage) -> ChatCompletionChunk:
        return self._with_usage([], usage)

    def _with_usage(
        self, choices: list[ChunkChoice], usage: Usage | None, padding: str | None = None
    ) -> ChatCompletionChunk:
        return ChatCompletionChunkWithUsage(
            id=self._id,
            created=self._created,
            model=self._model,
            system_fingerprint=self._fingerprint,
            choices=choices,
            obfuscation=padding,
            usage=usage,
        )


def _tool_call(delta: ToolCallDelta) -> wire.Delta:
    if delta.id is not None:
        function = CalledFunction(name=delta.name or "", arguments=delta.arguments)
        beginning = wire.CallBeginning(index=delta.index, id=delta.id, function=function)
        return wire.ToolCallsDelta(tool_calls=[beginning])
    piece = wire.ArgumentsPiece(arguments=delta.arguments)
    continuation = wire.CallContinuation(index=delta.index, function=piece)
    return wire.ToolCallsDelta(tool_calls=[continuation])


def _legacy_call(delta: ToolCallDelta) -> wire.Delta:
    if delta.name is not None:
        function = CalledFunction(name=delta.name, arguments=delta.arguments)
        return wire.FunctionCallDelta(function_call=function)
    piece = wire.ArgumentsPiece(arguments=delta.arguments)
    return wire.FunctionCallDelta(function_call=piece)
