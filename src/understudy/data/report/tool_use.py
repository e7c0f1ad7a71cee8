"""How examples use tools: what they declare and call, and calls that do not fit."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.data.examples import ChatExample
from understudy.data.json_schema import first_violation
from understudy.data.report.described_answers import DescribedAnswers, find_described_answers
from understudy.data.report.line_numbers import MAX_LINES_SHOWN, Lines, lines_of
from understudy.wording import worded


@dataclass(frozen=True, kw_only=True)
class LineNote:
    """Something to know about one line."""

    line: int
    message: str
    wording: dict[str, Any] | None = None
    """What the message says, in a code and values; None where nobody knows."""


@dataclass(frozen=True, kw_only=True)
class ToolUse:
    """The tools of a file."""

    examples_with_tools: int
    distinct: int
    """Names of declared tools."""
    calls: int
    undeclared: Lines
    """Lines that call a tool which they do not declare."""
    schema_breaks: Lines
    """Lines with arguments that their tool's own schema does not allow."""
    unheld: Lines
    """Other lines with calls that constrained decoding cannot produce."""
    described_answers: DescribedAnswers
    """Lines whose calls can be copied from the description of the tool."""
    notes: tuple[LineNote, ...]
    """What is wrong with the first calls that do not fit."""


def look_at_tools(
    examples: Sequence[ChatExample],
    unheld: Sequence[LineNote],
    check_stop: Callable[[], None],
) -> ToolUse:
    """Look at every call of every example; `unheld` is what their model's grammars say of them."""
    undeclared: list[LineNote] = []
    breaks: list[LineNote] = []
    calls = 0
    for example in examples:
        check_stop()
        calls += sum(len(message.tool_calls) for message in example.messages)
        undeclared += _undeclared(example)
        breaks += _breaks(example)
    noted = {note.line for note in undeclared + breaks}
    others = [note for note in unheld if note.line not in noted]
    notes = sorted(undeclared + breaks + others, key=lambda note: note.line)
    return ToolUse(
        examples_with_tools=sum(bool(example.tools) for example in examples),
        distinct=len({tool.name for example in examples for tool in example.tools}),
        calls=calls,
        undeclared=lines_of(note.line for note in undeclared),
        schema_breaks=lines_of(note.line for note in breaks),
        unheld=lines_of(note.line for note in others),
        described_answers=find_described_answers(examples, check_stop),
        notes=tuple(notes[:MAX_LINES_SHOWN]),
    )


def _undeclared(example: ChatExample) -> Iterator[LineNote]:
    declared = {tool.name for tool in example.tools}
    called = {call.name for message in example.messages for call in message.tool_calls}
    for name in sorted(called - declared):
        said = worded("file.undeclared", "calls {name}, which it does not declare", name=name)
        yield LineNote(line=example.line, message=said, wording=said.to_json())


def _breaks(example: ChatExample) -> Iterator[LineNote]:
    schemas = {tool.name: tool.parameters for tool in example.tools}
    for call in (call for message in example.messages for call in message.tool_calls):
        schema = schemas.get(call.name)
        if schema is None:
            continue
        violation = first_violation(schema, json.loads(call.arguments))
        if violation is not None:
            said = worded(
                "file.violation", "arguments of {name}: {why}", name=call.name, why=violation
            )
            yield LineNote(line=example.line, message=said, wording=said.to_json())
