"""The instructions of a file: how many different system prompts, and which are frequent."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from understudy.chat.messages import Role
from understudy.data.examples import ChatExample
from understudy.data.report.line_numbers import Lines, lines_of

_MAX_PROMPTS = 5
_MAX_CHARACTERS = 200


@dataclass(frozen=True, kw_only=True)
class SystemPrompt:
    """One system prompt, shortened, and how many examples begin with it."""

    text: str
    examples: int


@dataclass(frozen=True, kw_only=True)
class SystemPrompts:
    """All system prompts of a file."""

    distinct: int
    examples_without: int
    without: Lines
    """The same, as lines."""
    most_frequent: tuple[SystemPrompt, ...]


def count_system_prompts(examples: Sequence[ChatExample]) -> SystemPrompts:
    """Count the first system message of each example."""
    prompts: Counter[str] = Counter()
    without: list[int] = []
    for example in examples:
        prompt = _prompt_of(example)
        if prompt is None:
            without.append(example.line)
        else:
            prompts[prompt] += 1
    ordered = sorted(prompts.items(), key=lambda item: (-item[1], item[0]))
    return SystemPrompts(
        distinct=len(prompts),
        examples_without=len(without),
        without=lines_of(without),
        most_frequent=tuple(
            SystemPrompt(text=text[:_MAX_CHARACTERS], examples=count)
            for text, count in ordered[:_MAX_PROMPTS]
        ),
    )


def _prompt_of(example: ChatExample) -> str | None:
    for message in example.messages:
        if message.role is Role.SYSTEM:
            return message.content or ""
    return None
