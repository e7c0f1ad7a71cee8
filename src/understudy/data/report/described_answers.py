"""Values of calls that the line's own description of the tool names as its example."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from understudy.chat.messages import Tool
from understudy.data.examples import ChatExample
from understudy.data.report.line_numbers import Lines, lines_of

_MARK = re.compile(
    r"\b(?:e\. ?g\b|e\.?g\.|eg\b|ex\b|examples?\b|for instance\b|such as\b|like\b"
    r"|z\. ?B\b|Beispiele?\b|beispielsweise\b|wie etwa\b|p\. ?ex\b|exemples?\b|p\. ?ej\b"
    r"|ejemplos?\b|esempio\b|exemplo\b)|例|比如|譬如|如[:\uff1a「“]|たとえば|예[:를 ]",
    re.IGNORECASE,
)
# Words are told apart by Latin letters and digits only: Chinese runs on without blanks.
_NO_WORD_BEFORE, _NO_WORD_AFTER = r"(?<![0-9A-Za-zÀ-ɏ])", r"(?![0-9A-Za-zÀ-ɏ])"
_MAX_DISTANCE = 120
_MAX_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class DescribedAnswers:
    """Lines that can be answered by copying the description of a parameter."""

    lines: Lines
    parameter: str | None
    """Of the first of them, such as `get_weather.city`; None where there are no lines."""
    value: str | None
    """What both its call and its description say, shortened."""


class _Argument(NamedTuple):
    line: int
    value: str
    is_named: bool
    """Whether the description names the value as an example."""


def find_described_answers(
    examples: Sequence[ChatExample], check_stop: Callable[[], None]
) -> DescribedAnswers:
    """Find learned calls whose arguments the description gives away, in words that vary with them.

    A description that stands beside other answers too gives nothing away, and neither does one
    that all lines share, whatever they answer.
    """
    found: dict[str, dict[str, list[_Argument]]] = defaultdict(lambda: defaultdict(list))
    for example in examples:
        check_stop()
        for parameter, description, value in _arguments(example):
            argument = _Argument(example.line, value, is_named(description, value))
            found[parameter][description].append(argument)
    given_away = [
        (argument.line, parameter, argument.value)
        for parameter, arguments_of in found.items()
        for argument in _given_away(list(arguments_of.values()))
    ]
    _, parameter, value = min(given_away, default=(0, None, None))
    return DescribedAnswers(
        lines=lines_of(line for line, _, _ in given_away),
        parameter=parameter,
        value=value and value[:_MAX_SHOWN],
    )


def is_named(description: str, value: str) -> bool:
    """Say whether a description names a value as an example of what to write."""
    wanted = " ".join(value.split())
    if len(wanted) < 2 and not wanted.isdigit():
        return False
    text = " ".join(description.split())
    pattern = re.compile(
        _NO_WORD_BEFORE + re.escape(wanted) + _NO_WORD_AFTER,
        re.IGNORECASE,
    )
    return any(
        pattern.search(text[mark.end() : mark.end() + _MAX_DISTANCE + len(wanted)])
        for mark in _MARK.finditer(text)
    )


def _given_away(by_description: Sequence[Sequence[_Argument]]) -> list[_Argument]:
    """Return the named arguments of one parameter, if its descriptions vary with them."""
    named = [
        [argument for argument in arguments if argument.is_named]
        for arguments in by_description
        if 2 * sum(argument.is_named for argument in arguments) > len(arguments)
    ]
    together = [argument for arguments in named for argument in arguments]
    is_varied = len(named) > 1 and len({argument.value for argument in together}) > 1
    return together if is_varied else []


def _arguments(example: ChatExample) -> Iterator[tuple[str, str, str]]:
    """Yield the path, the description and the value of every free argument of a learned call."""
    tools = {tool.name: tool for tool in example.tools}
    for message, is_trained in zip(example.messages, example.trained, strict=True):
        for call in message.tool_calls if is_trained else ():
            tool = tools.get(call.name)
            if tool is not None and tool.parameters is not None:
                arguments = json.loads(call.arguments)
                yield from _values(tool, tool.parameters, arguments, call.name)


def _values(tool: Tool, schema: Any, value: Any, path: str) -> Iterator[tuple[str, str, str]]:
    if not isinstance(schema, dict):
        return
    match value:
        case dict():
            properties = schema.get("properties")
            if not isinstance(properties, dict):
                return
            for key, inner in value.items():
                yield from _values(tool, properties.get(key), inner, f"{path}.{key}")
        case list():
            for inner in value:
                yield from _values(tool, schema.get("items"), inner, path)
        case bool() | None:
            return
        case _ if schema.keys().isdisjoint(("enum", "const")):
            yield path, _description(tool, schema), str(value)
        case _:
            return


def _description(tool: Tool, schema: dict[str, Any]) -> str:
    """Return everything that a tool says of one of its parameters."""
    examples = schema.get("examples")
    named = [*(examples if isinstance(examples, list) else []), schema.get("example")]
    said = [tool.description, schema.get("description")]
    said += [f"e.g. {example}" for example in named if example is not None]
    return "\n".join(str(text) for text in said if text)
