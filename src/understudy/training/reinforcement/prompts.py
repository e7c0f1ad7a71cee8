"""What a run over graded answers asks: prompts in tokens, and what graders know of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.chat.grammar.answer_grammar import Grammar
from understudy.chat.messages import Message, Tool


@dataclass(frozen=True, kw_only=True)
class RenderedPrompt:
    """A conversation that is to be answered."""

    line: int
    """Where it stands in its file, counted from 1."""
    ids: tuple[int, ...]
    """What the model reads, up to where its answer begins."""
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    item: Mapping[str, Any]
    """What graders know of it."""
    grammar: Grammar | None
    """What its answers are held to; None for any text."""


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """The rendered files of a run over graded answers."""

    training: Sequence[RenderedPrompt]
    validation: Sequence[RenderedPrompt]
    """At least one."""

    @property
    def longest(self) -> int:
        """Tokens of the longest prompt of both files."""
        return max(len(prompt.ids) for prompt in (*self.training, *self.validation))
