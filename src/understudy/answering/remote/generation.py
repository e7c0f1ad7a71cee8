"""A remote model's answer as the pieces that models of this server make."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from typing import get_args

from pydantic import ValidationError

from understudy.answering.decoding import AnswerEnd, AnswerPiece
from understudy.answering.plan import AnswerPlan
from understudy.answering.remote.faults import (
    broken_off,
    fault_in_stream,
    invalid_answer,
    other_model,
)
from understudy.answering.remote.prompt import RemotePrompt
from understudy.answering.remote.wire import ReadAnswer, ReadCall, ReadChoice, ReadMessage
from understudy.answering.usage import AnswerUsage
from understudy.chat.parsing.deltas import (
    Delta,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
)
from understudy.ids import new_id
from understudy.schemas.chat.answer import FinishReason

_PATH = "/chat/completions"
_DONE = "[DONE]"
_MAX_NAME = 300
_CALL_ID_LENGTH = 24
# What an answer may cost where nothing limits it, as far as the limit of a minute is concerned.
_USUAL_ANSWER_TOKENS = 500
_FINISH_REASONS: Mapping[str, FinishReason] = {name: name for name in get_args(FinishReason)}

RemotePieces = AsyncGenerator[AnswerPiece | AnswerEnd, None]


async def generate_remotely(plan: AnswerPlan, prompt: RemotePrompt) -> RemotePieces:
    """Yield the pieces of every choice as they come; the ends come last, with what it cost.

    Closing the generator closes the connection. Raises an UnderstudyError of `faults`.
    """
    reader = _AnswerReader(plan, prompt)
    connection = prompt.model.connection
    tokens = (plan.max_tokens or _USUAL_ANSWER_TOKENS) * plan.choices
    if plan.is_streamed:
        async with aclosing(connection.events(_PATH, prompt.body, answer_tokens=tokens)) as events:
            async for event in events:
                if event.data.strip() == _DONE:
                    break
                for piece in reader.read(event.data):
                    yield piece
                if reader.usage is not None:
                    event.spent.tokens = reader.usage.total_tokens
    else:
        whole = await connection.whole(_PATH, prompt.body, answer_tokens=tokens)
        for piece in reader.read(whole.content):
            yield piece
        if reader.usage is not None:
            whole.spent.tokens = reader.usage.total_tokens
    for end in reader.ends():
        yield end


class _AnswerReader:
    """Reads a whole answer, or one chunk after the other."""

    def __init__(self, plan: AnswerPlan, prompt: RemotePrompt) -> None:
        self.usage: AnswerUsage | None = None
        self.model: str | None = None
        """The name under which the remote server answers."""
        self._note_model = prompt.model.connection.note_model
        self._plan = plan
        self._endpoint = prompt.model.endpoint
        self._key = prompt.model.connection.key
        self._choices = [_ChoiceReader() for _ in range(plan.choices)]

    def read(self, data: str | bytes) -> Iterator[AnswerPiece]:
        """Yield what an answer or a chunk brings."""
        try:
            answer = ReadAnswer.model_validate_json(data)
        except ValidationError as error:
            raise invalid_answer(self._endpoint, why_invalid(error)) from None
        if answer.error is not None:
            raise fault_in_stream(self._endpoint, answer.error, self._key())
        if answer.choices is None:
            raise invalid_answer(self._endpoint, "it has no 'choices'")
        # Chunks that only say what was cost, or how a prompt was rated, may name no model.
        if answer.model and answer.choices and not self._endpoint.is_answered_by(answer.model):
            raise other_model(self._endpoint, answer.model)
        if answer.model and answer.choices and self.model is None:
            self.model = answer.model[:_MAX_NAME]
            self._note_model(self.model)
        if answer.usage is not None:
            used = answer.usage
            prompt, completion = used.prompt_tokens_details, used.completion_tokens_details
            self.usage = AnswerUsage(
                prompt_tokens=used.prompt_tokens,
                completion_tokens=used.completion_tokens,
                cached_tokens=(prompt.cached_tokens if prompt else None) or 0,
                reasoning_tokens=(completion.reasoning_tokens if completion else None) or 0,
            )
        for choice in answer.choices:
            yield from self._read_choice(choice)

    def ends(self) -> Iterator[AnswerEnd]:
        """Yield the end of every choice; raises when one has none."""
        for index, choice in enumerate(self._choices):
            if choice.finish_reason is None:
                raise broken_off(self._endpoint)
            yield AnswerEnd(
                choice=index,
                finish_reason=self._finish_reason(choice),
                ids=(),
                logprobs=(),
                reasoning_tokens=0,
                cached_tokens=0,
                reported=self.usage,
                remote_model=self.model,
            )

    def _read_choice(self, wire: ReadChoice) -> Iterator[AnswerPiece]:
        if not 0 <= wire.index < len(self._choices):
            raise invalid_answer(self._endpoint, f"it has a choice {wire.index} too many")
        choice = self._choices[wire.index]
        message = wire.delta or wire.message
        for delta in choice.deltas(message, wire.delta is None) if message is not None else ():
            if isinstance(delta, ToolCallDelta) and delta.name == "":
                raise invalid_answer(self._endpoint, "it calls a function without a name")
            yield AnswerPiece(choice=wire.index, delta=delta)
        if wire.finish_reason is not None:
            choice.finish_reason = wire.finish_reason

    def _finish_reason(self, choice: "_ChoiceReader") -> FinishReason:
        given = choice.finish_reason
        if choice.has_calls and given in ("stop", "tool_calls", "function_call"):
            return self._plan.call_finish_reason
        if given is None or given not in _FINISH_REASONS:
            raise invalid_answer(self._endpoint, f"its 'finish_reason' is {given!r:.100}")
        return _FINISH_REASONS[given]


class _ChoiceReader:
    """One choice while its pieces come in."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self._calls: list[int | None] = []
        """What each call is numbered by at the remote server, in our order."""

    @property
    def has_calls(self) -> bool:
        return bool(self._calls)

    def deltas(self, message: ReadMessage, is_whole: bool) -> Iterator[Delta]:
        if thought := message.reasoning_content or message.reasoning:
            yield ReasoningDelta(thought)
        if message.content:
            yield TextDelta(message.content)
        if message.refusal:
            yield RefusalDelta(message.refusal)
        for call in message.tool_calls or ():
            yield self._call(call, is_whole)

    def _call(self, wire: ReadCall, is_whole: bool) -> ToolCallDelta:
        # Whole answers number nothing, and some servers do not number chunks either.
        is_known = wire.index in self._calls if wire.index is not None else not wire.id
        is_new = is_whole or not is_known
        arguments = wire.function.arguments or ""
        if is_new or not self._calls:
            self._calls.append(wire.index)
            return ToolCallDelta(
                index=len(self._calls) - 1,
                id=wire.id or new_id("call_", _CALL_ID_LENGTH),
                name=wire.function.name or "",
                arguments=arguments,
            )
        index = len(self._calls) - 1 if wire.index is None else self._calls.index(wire.index)
        return ToolCallDelta(index=index, id=None, name=None, arguments=arguments)


def why_invalid(error: ValidationError) -> str:
    """Say what is wrong with an answer, without what stands there."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    return f"{place + ': ' if place else ''}{first['msg']}"[:300]
