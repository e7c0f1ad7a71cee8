"""The pieces of an answer as the objects of Chat Completions: whole, or chunk by chunk."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

from understudy.answering.answer import AnswerChoice, AnswerDraft
from understudy.answering.decoding import AnswerEnd, AnswerPiece
from understudy.answering.generation import Pieces
from understudy.answering.logprobs import token_logprobs
from understudy.answering.padding import padding_for
from understudy.answering.plan import AnswerPlan
from understudy.answering.prompt import AnyPrompt
from understudy.answering.remote.prompt import RemotePrompt
from understudy.chat.parsing.deltas import (
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    VisibleDelta,
)
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


class ChatDraft:
    """An answer while its pieces come in; whole, it is the object that is sent and stored."""

    def __init__(self, prompt: AnyPrompt, plan: AnswerPlan) -> None:
        self.id = new_id("chatcmpl-", _ID_LENGTH)
        self.created = unix_now()
        self.prompt = prompt
        self.plan = plan
        self._answer = AnswerDraft(plan, prompt)

    @property
    def is_whole(self) -> bool:
        """Whether every choice has ended."""
        return self._answer.is_whole

    @property
    def remote_model(self) -> str | None:
        """The name under which a remote server answered; None for models of this server."""
        return self._answer.remote_model

    def add(self, piece: AnswerPiece | AnswerEnd) -> None:
        """Take the next piece of any choice."""
        self._answer.add(piece)

    def completion(self) -> ChatCompletion:
        """Return the answer, of which every choice has ended."""
        choices = enumerate(self._answer.answer().choices)
        return ChatCompletion(
            id=self.id,
            created=self.created,
            model=self.prompt.model.name,
            choices=[self._choice(index, choice) for index, choice in choices],
            usage=self.usage(),
            system_fingerprint=self.prompt.model.fingerprint,
        )

    def usage(self) -> Usage | None:
        """Return the tokens read and written so far; None where a remote server does not say."""
        usage = self._answer.usage()
        if usage is None:
            return None
        return Usage(
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            total_tokens=usage.total_tokens,
            prompt_tokens_details=PromptTokensDetails(cached_tokens=usage.cached_tokens),
            completion_tokens_details=CompletionTokensDetails(
                reasoning_tokens=usage.reasoning_tokens
            ),
        )

    def logprobs(self, tokens: Sequence[TokenEvent]) -> ChoiceLogprobs | None:
        """Return how likely some tokens of the answer were, if the request wants to know."""
        if self.plan.top_logprobs is None or isinstance(self.prompt, RemotePrompt):
            return None
        return ChoiceLogprobs(content=token_logprobs(self.prompt.model.renderer, tokens))

    def _choice(self, index: int, choice: AnswerChoice) -> Choice:
        return Choice(
            index=index,
            message=_message(choice, is_legacy=self.plan.has_legacy_calls),
            logprobs=self.logprobs(choice.visible_tokens),
            finish_reason=choice.finish_reason,
        )


def _message(choice: AnswerChoice, *, is_legacy: bool) -> AnswerMessage:
    """Return a choice as a message; its reasoning is counted but not sent, as at OpenAI."""
    calls = tuple(
        AnswerToolCall(
            id=call.id, function=CalledFunction(name=call.name, arguments=call.arguments)
        )
        for call in choice.tool_calls
    )
    if choice.refusal and not calls:
        return AnswerMessage(content=choice.text or None, refusal=choice.refusal)
    if not calls:
        return AnswerMessage(content=choice.text)
    if is_legacy:
        return AnswerMessage(content=choice.text or None, function_call=calls[0].function)
    return AnswerMessage(content=choice.text or None, tool_calls=calls)


OnWhole = Callable[[ChatCompletion], Awaitable[None]]
"""What is done with an answer that is whole before its client learns of its end."""


async def whole_completion(draft: ChatDraft, pieces: Pieces) -> ChatCompletion:
    """Collect an answer to its end."""
    async with aclosing(pieces):
        async for piece in pieces:
            draft.add(piece)
    return draft.completion()


async def chunks(
    draft: ChatDraft, pieces: Pieces, *, is_usage_sent: bool, on_whole: OnWhole | None = None
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
            if isinstance(piece, AnswerEnd):
                if draft.is_whole and on_whole is not None:
                    await on_whole(draft.completion())
                yield writer.chunk(piece.choice, wire.Delta(), piece.finish_reason)
            elif not isinstance(piece.delta, ReasoningDelta):
                is_text = isinstance(piece.delta, TextDelta)
                logprobs = draft.logprobs(piece.tokens) if is_text else None
                yield writer.chunk(piece.choice, writer.delta(piece.delta), logprobs=logprobs)
    if is_usage_sent:
        yield writer.last(draft.usage())


class _ChunkWriter:
    """Makes chunks that agree in everything but what they bring."""

    def __init__(self, draft: ChatDraft, *, is_usage_sent: bool) -> None:
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
        if isinstance(delta, RefusalDelta):
            return wire.RefusalDelta(refusal=delta.text)
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
        return self._chunk([content], padding=padding)

    def last(self, usage: Usage | None) -> ChatCompletionChunk:
        return self._chunk([], usage=usage)

    def _chunk(
        self, choices: list[ChunkChoice], *, usage: Usage | None = None, padding: str | None = None
    ) -> ChatCompletionChunk:
        chunk = ChatCompletionChunk(
            id=self._id,
            created=self._created,
            model=self._model,
            system_fingerprint=self._fingerprint,
            choices=choices,
            obfuscation=padding,
        )
        if not self._is_usage_sent:
            return chunk
        return ChatCompletionChunkWithUsage(**dict(chunk), usage=usage)


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
