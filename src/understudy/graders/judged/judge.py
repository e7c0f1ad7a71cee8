"""The way to ask a model for a judgement, which whoever builds graders hands in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from understudy.chat.messages import Message
from understudy.graders.judged.usage import TokenUsage
from understudy.schemas.chat.request import Effort


@dataclass(frozen=True, kw_only=True)
class JudgeSettings:
    """How a judge's answer is drawn."""

    temperature: float
    top_p: float
    seed: int | None
    """None draws afresh each time."""
    max_tokens: int | None
    """None stands for all that the model's context has room for."""
    effort: Effort | None
    """How much the model shall think; None leaves that to the model."""


@dataclass(frozen=True, kw_only=True)
class JudgeQuestion:
    """What a judge is asked."""

    model: str
    messages: tuple[Message, ...]
    schema: Mapping[str, Any]
    """JSON Schema of the answer, within the rules for strict schemas."""
    schema_name: str
    sampling: JudgeSettings


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a judge said."""

    text: str
    """Should be JSON after the schema; graders check."""
    refusal: str | None
    """Why the judge declined; None when it did not."""
    is_cut_off: bool
    """Whether the answer ended because it had no more room."""
    model: str
    """The full name of the model that answered."""
    usage: TokenUsage


class Judge(Protocol):
    """Any chat model that can be asked by name."""

    async def check(self, model: str) -> None:
        """Raise an UnderstudyError when there is no such model."""
        ...

    async def ask(self, question: JudgeQuestion) -> Judgement:
        """Return the answer; raises an UnderstudyError when there can be none."""
        ...
