"""What the lines of a reinforcement file hold for graders: `item.NAME`, and which lines lack it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from understudy.data.examples import Example, ReinforcementExample
from understudy.data.report.line_numbers import Lines, lines_of

_MAX_NAMES = 50
_KINDS = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}


@dataclass(frozen=True, kw_only=True)
class GradedValue:
    """A key beside the conversation, which graders reach as `item.NAME`."""

    name: str
    kinds: tuple[str, ...]
    """What its values are in JSON, such as `string`."""
    missing: Lines
    """Lines without it."""


def graded_values(examples: Sequence[Example]) -> tuple[GradedValue, ...]:
    """Return the keys that lines hold for graders, by name; the first fifty of them."""
    prompts = [example for example in examples if isinstance(example, ReinforcementExample)]
    names = sorted({name for prompt in prompts for name in prompt.item})
    return tuple(_value(name, prompts) for name in names[:_MAX_NAMES])


def _value(name: str, prompts: Sequence[ReinforcementExample]) -> GradedValue:
    return GradedValue(
        name=name,
        kinds=tuple(sorted({_kind(p.item[name]) for p in prompts if name in p.item})),
        missing=lines_of(prompt.line for prompt in prompts if name not in prompt.item),
    )


def _kind(value: Any) -> str:
    return _KINDS[type(value)]
