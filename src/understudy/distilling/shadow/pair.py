"""What a request under an alias has to do with a shadow: who answers, and whom else to ask."""

from dataclasses import dataclass

from understudy.answering.answer import AnswerChoice
from understudy.answering.plan import AnswerPlan
from understudy.distilling.agreement import Answer
from understudy.storage.shadows import Called


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The two models of a shadow, and how often the one that does not answer is asked."""

    old: str
    new: str
    answers: str
    """One of both."""
    share: float
    per_minute: int
    keeps_answers: bool

    @property
    def asked(self) -> str:
        """The model that is asked in the background."""
        return self.old if self.answers == self.new else self.new


@dataclass(frozen=True, kw_only=True)
class NamedUse:
    """A request for an answer under an alias."""

    alias_seq: int
    project_id: str
    pair: Pair | None
    """None where the alias has no shadow."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What a user was answered, so that the other model can be asked the same."""

    use: NamedUse
    pair: Pair
    plan: AnswerPlan
    answer: Answer
    tokens: int | None
    """That the answer took; None where a remote server did not say."""
    seconds: float


def use_of(called: Called, project_id: str) -> NamedUse:
    """Return the rows of an alias and its shadow as values."""
    alias, shadow = called
    pair = None
    if shadow is not None:
        pair = Pair(
            old=shadow.old,
            new=shadow.new,
            answers=alias.model,
            share=shadow.share,
            per_minute=shadow.per_minute,
            keeps_answers=shadow.keeps_answers,
        )
    return NamedUse(alias_seq=alias.seq, project_id=project_id, pair=pair)


def said(choice: AnswerChoice) -> Answer:
    """Return what is compared of an answer: its text, or the words of a refusal, and its calls."""
    calls = tuple((call.name, call.arguments) for call in choice.tool_calls)
    return Answer(text=choice.text or choice.refusal, calls=calls)
