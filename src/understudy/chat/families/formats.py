"""What the answers of model families look like, recognised by their chat templates."""

from dataclasses import dataclass, replace
from enum import Enum, auto

from understudy.chat.families.call_forms import CallForm, call_form


class Reasoning(Enum):
    """Where a template takes what an assistant thought before it answered."""

    NOWHERE = auto()
    IN_FIELDS = auto()
    """In fields of the message, `reasoning_content` or `thinking`."""
    IN_CONTENT = auto()
    """Between its marks at the beginning of the content."""


@dataclass(frozen=True)
class Marks:
    """What stands around reasoning; line breaks inside of the marks belong to them."""

    opening: str
    closing: str


THINK_TAGS = Marks("<think>", "</think>")
THOUGHT_CHANNEL = Marks("<|channel>thought", "<channel|>")
"""Gemma 4's."""


@dataclass(frozen=True, kw_only=True)
class AnswerForm:
    """What the answers of one model look like."""

    calls: CallForm | None = None
    """How tool calls are written; None for models that have none, and for harmony."""
    is_harmony: bool = False
    """Whether answers are messages in channels, as gpt-oss writes them."""
    reasoning: Reasoning = Reasoning.NOWHERE
    marks: Marks = THINK_TAGS
    begins_with_reasoning: bool = False
    """Whether the prompt itself opens the reasoning."""

    def after(self, prompt: str) -> "AnswerForm":
        """Return the form of an answer to a prompt that ends like this."""
        opens = self.reasoning is not Reasoning.NOWHERE and not self.is_harmony
        return replace(
            self, begins_with_reasoning=opens and prompt.rstrip().endswith(self.marks.opening)
        )

    def without_reasoning(self, prompt: str) -> str:
        """Return a prompt without the reasoning, begun or empty, that it ends with."""
        rest = prompt.rstrip().removesuffix(self.marks.closing).rstrip()
        opening = self.marks.opening
        return rest.removesuffix(opening) if rest.endswith(opening) else prompt


def answer_form(template: str, *, has_think_token: bool) -> AnswerForm:
    """Return the form that belongs to a chat template."""
    if "<|channel|>" in template and "<|message|>" in template:
        return AnswerForm(is_harmony=True, reasoning=Reasoning.IN_FIELDS)
    marks = THOUGHT_CHANNEL if "<|channel>" in template else THINK_TAGS
    reasoning = Reasoning.NOWHERE
    if has_think_token or marks.opening in template or "<|channel>" in template:
        is_field = "reasoning_content" in template
        reasoning = Reasoning.IN_FIELDS if is_field else Reasoning.IN_CONTENT
    return AnswerForm(calls=call_form(template), reasoning=reasoning, marks=marks)
