"""A whole answer as a value: what each choice says, in which tokens, and what it cost."""

from contextlib import aclosing
from dataclasses import dataclass, field, replace

from understudy.answering.decoding import AnswerEnd, AnswerPiece
from understudy.answering.generation import Pieces
from understudy.answering.models import ServedModel
from understudy.answering.plan import AnswerPlan
from understudy.answering.prompt import Prompt
from understudy.chat.parsing.deltas import ReasoningDelta, TextDelta
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
    tool_calls: tuple[AnswerCall, ...]
    finish_reason: FinishReason
    ids: tuple[int, ...]
    """All that the model wrote, without the token that ended it."""
    logprobs: tuple[float, ...]
    """The model's own log-probability of each of these tokens, in nats."""
    visible_tokens: tuple[TokenEvent, ...]
    """The tokens of the text; empty unless the plan asks for probabilities."""


@dataclass(frozen=True, kw_only=True)
class AnswerUsage:
    """Tokens read and written, over all choices; the prompt counts once."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    """Tokens of the prompt that had been read before."""
    reasoning_tokens: int
    """Tokens of the completion that were spent on reasoning."""

    @property
    def total_tokens(self) -> int:
        """Those of the prompt and those of the completion."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer of which every choice has ended."""

    model: ServedModel
    prompt_ids: tuple[int, ...]
    room: int
    """Tokens that each choice could have."""
    choices: tuple[AnswerChoice, ...]
    usage: AnswerUsage


class AnswerDraft:
    """An answer while its pieces come in."""

    def __init__(self, plan: AnswerPlan, prompt: Prompt) -> None:
        self._prompt = prompt
        self._choices = [_ChoiceDraft() for _ in range(plan.choices)]

    @property
    def is_whole(self) -> bool:
        """Whether every choice has ended."""
        return all(choice.end is not None for choice in self._choices)

    def add(self, piece: AnswerPiece | AnswerEnd) -> None:
        """Take the next piece of any choice."""
        self._choices[piece.choice].add(piece)

    def usage(self) -> AnswerUsage:
        """Return the tokens read and written by the choices that have ended."""
        ends = [choice.end for choice in self._choices if choice.end is not None]
        return AnswerUsage(
            prompt_tokens=len(self._prompt.ids),
            completion_tokens=sum(len(end.ids) for end in ends),
            # The choice that read most of the prompt read it for all of them.
            cached_tokens=min((end.cached_tokens for end in ends), default=0),
            reasoning_tokens=sum(end.reasoning_tokens for end in ends),
        )

    def answer(self) -> Answer:
        """Return the answer, of which every choice has ended."""
        return Answer(
            model=self._prompt.model,
            prompt_ids=self._prompt.ids,
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
            tool_calls=tuple(self.calls),
            finish_reason=self.end.finish_reason,
            ids=self.end.ids,
            logprobs=self.end.logprobs,
            visible_tokens=tuple(self.visible_tokens),
        )
