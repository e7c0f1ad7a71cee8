"""A whole answer as a value: what each choice says, in which tokens, and what it cost."""

from contextlib import aclosing
from dataclasses import dataclass, field, replace

from understudy.answering.decoding import AnswerEnd, AnswerPiece
from understudy.answering.generation import Pieces
from understudy.answering.models import AnsweringModel
from understudy.answering.plan import AnswerPlan
from understudy.answering.prompt import AnyPrompt
from understudy.answering.remote.prompt import RemotePrompt
from understudy.answering.usage import AnswerUsage
from understudy.chat.parsing.deltas import ReasoningDelta, RefusalDelta, TextDelta
from understudy.inference.protocol import TokenEvent
from understudy.schemas.chat.answer import FinishReason


@dataclass(frozen=True, kw_only=True)
class AnswerCall:
    """A call of a function that an answer makes."""

    id: str
    name: str
    arguments: str
    """JSON text, as far as the model wrote it."""


@dataclass(frozen=True, kw_only=True)
class AnswerChoice:
    """One of the answers to a conversation."""

    text: str
    reasoning: str
    """What the model wrote before its answer; empty for models that do not reason."""
    refusal: str
    """The words in which a remote model declined; empty where it did not, and for own models."""
    tool_calls: tuple[AnswerCall, ...]
    finish_reason: FinishReason
    ids: tuple[int, ...]
    """All that a model of this server wrote, without the token that ended it."""
    logprobs: tuple[float, ...]
    """The model's own log-probability of each of these tokens, in nats."""
    visible_tokens: tuple[TokenEvent, ...]
    """The tokens of the text; empty unless the plan asks for probabilities."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer of which every choice has ended."""

    model: AnsweringModel
    room: int | None
    """Tokens that each choice could have; None where only a remote server knows."""
    choices: tuple[AnswerChoice, ...]
    usage: AnswerUsage | None
    """None where a remote server did not say."""


class AnswerDraft:
    """An answer while its pieces come in."""

    def __init__(self, plan: AnswerPlan, prompt: AnyPrompt) -> None:
        self._prompt = prompt
        self._choices = [_ChoiceDraft() for _ in range(plan.choices)]

    @property
    def is_whole(self) -> bool:
        """Whether every choice has ended."""
        return all(choice.end is not None for choice in self._choices)

    def add(self, piece: AnswerPiece | AnswerEnd) -> None:
        """Take the next piece of any choice."""
        self._choices[piece.choice].add(piece)

    def usage(self) -> AnswerUsage | None:
        """Return the tokens read and written by the choices that have ended."""
        ends = [choice.end for choice in self._choices if choice.end is not None]
        if isinstance(self._prompt, RemotePrompt):
            return ends[0].reported if ends else None
        return AnswerUsage(
            prompt_tokens=len(self._prompt.ids),
            completion_tokens=sum(len(end.ids) for end in ends),
            # The choice that read most of the prompt read it for all of them.
            cached_tokens=min((end.cached_tokens for end in ends), default=0),
            reasoning_tokens=sum(end.reasoning_tokens for end in ends),
        )

    @property
    def remote_model(self) -> str | None:
        """The name under which a remote server answered, once it has; None for own models."""
        ends = (choice.end for choice in self._choices)
        return next((end.remote_model for end in ends if end is not None), None)

    def answer(self) -> Answer:
        """Return the answer, of which every choice has ended."""
        return Answer(
            model=self._prompt.model,
            room=self._prompt.room,
            choices=tuple(choice.whole() for choice in self._choices),
            usage=self.usage(),
        )


async def whole_answer(draft: AnswerDraft, pieces: Pieces) -> Answer:
    """Collect an answer to its end."""
    async with aclosing(pieces):
        async for piece in pieces:
            draft.add(piece)
    return draft.answer()


@dataclass
class _ChoiceDraft:
    """One choice while its pieces come in."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: list[AnswerCall] = field(default_factory=list[AnswerCall])
    visible_tokens: list[TokenEvent] = field(default_factory=list[TokenEvent])
    end: AnswerEnd | None = None

    def add(self, piece: AnswerPiece | AnswerEnd) -> None:
        if isinstance(piece, AnswerEnd):
            self.end = piece
            return
        delta = piece.delta
        self.visible_tokens += piece.tokens
        if isinstance(delta, TextDelta):
            self.text += delta.text
        elif isinstance(delta, ReasoningDelta):
            self.reasoning += delta.text
        elif isinstance(delta, RefusalDelta):
            self.refusal += delta.text
        elif delta.id is not None:
            self.calls.append(
                AnswerCall(id=delta.id, name=delta.name or "", arguments=delta.arguments)
            )
        else:
            call = self.calls[delta.index]
            self.calls[delta.index] = replace(call, arguments=call.arguments + delta.arguments)

    def whole(self) -> AnswerChoice:
        assert self.end is not None, "every choice has an end"
        return AnswerChoice(
            text=self.text,
            reasoning=self.reasoning,
            refusal=self.refusal,
            tool_calls=tuple(self.calls),
            finish_reason=self.end.finish_reason,
            ids=self.end.ids,
            logprobs=self.end.logprobs,
            visible_tokens=tuple(self.visible_tokens),
        )
