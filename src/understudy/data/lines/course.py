"""What is wrong with the course of a conversation: calls without results, results without calls."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from understudy.data.files.json_faults import json_fault
from understudy.data.files.problems import CheckName, Complaint
from understudy.data.files.strict_json import parse_object
from understudy.data.lines.chat import FunctionLine
from understudy.data.lines.message import (
    AssistantLine,
    CallLine,
    FunctionResultLine,
    MessageLine,
    ToolResultLine,
)
from understudy.wording import Sentence, worded


class MadeCall(NamedTuple):
    """A call that waits for its result."""

    id: str
    name: str


class Course(NamedTuple):
    """A conversation followed to its end."""

    complaints: list[Complaint]
    answers: dict[int, str]
    """For each message that is a result, by its place from 0, the id of the call it answers."""
    pending: list[MadeCall]
    """The calls that nothing has answered."""


def follow(messages: Sequence[MessageLine], prefix: str = "") -> Course:
    """Pair calls and results, and collect what is wrong on the way.

    `prefix` is where the messages stand when that is not the line itself, as in `input`.
    """
    course = Course([], {}, [])
    for index, written in enumerate(messages):
        if not course.pending and _is_only_text(written):
            continue
        found = _step(course, index, written)
        if found:
            field = f"{prefix}.messages[{index}]" if prefix else f"messages[{index}]"
            course.complaints.extend(
                Complaint(
                    _in_message(index, text, prefix), f"{field}{'.' if key else ''}{key}", check
                )
                for text, key, check in found
            )
    return course


def _in_message(index: int, text: Sentence, prefix: str) -> Sentence:
    if prefix:
        return worded(
            "file.in_input_message", ", input message {number}{what}", number=index + 1, what=text
        )
    return worded("file.in_message", ", message {number}{what}", number=index + 1, what=text)


def twice_defined(functions: Iterable[FunctionLine]) -> Iterator[Complaint]:
    """Complain of functions that have the same name."""
    names = [function.name for function in functions]
    if len(names) == len(set(names)):
        return
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Complaint(
            worded("file.function_twice", " defines the function '{name}' twice", name=name),
            "tools",
        )


_Found = list[tuple[Sentence, str, CheckName | None]]
"""Text, key inside the message, and the cookbook's name."""


def _is_only_text(written: MessageLine) -> bool:
    """Say quickly of most messages that they have nothing to do with calls."""
    if written.role == "assistant":
        has_text = written.content is not None and written.refusal is None
        return has_text and written.tool_calls is None and written.function_call is None
    return written.role != "tool" and written.role != "function"


def _step(course: Course, index: int, written: MessageLine) -> _Found:
    found: _Found = []
    if isinstance(written, ToolResultLine | FunctionResultLine):
        answered = _answered(written, course.pending)
        if answered is None:
            found.append(
                (
                    worded("file.stray_result", " is a result that answers no tool call before it"),
                    "",
                    None,
                )
            )
        else:
            course.pending.remove(answered)
            course.answers[index] = answered.id
    elif course.pending:
        waiting = course.pending[0].id[:64]
        found.append(
            (
                worded(
                    "file.before_result",
                    " comes before the result of tool call '{call}'",
                    call=waiting,
                ),
                "",
                None,
            )
        )
        course.pending.clear()
    if isinstance(written, AssistantLine):
        if written.content is None or written.tool_calls or written.function_call:
            found += _problems_of_calls(written)
        if written.content and written.refusal:
            text = worded(
                "file.content_and_refusal",
                ' gives both "content" and "refusal"; write what the assistant says in one',
            )
            found.append((text, "refusal", None))
        course.pending.extend(_calls(written, index))
    return found


def _problems_of_calls(written: AssistantLine) -> _Found:
    found: _Found = []
    if written.tool_calls and written.function_call:
        text = worded(
            "file.calls_and_call", ' gives both "tool_calls" and "function_call"; use "tool_calls"'
        )
        found.append((text, "function_call", None))
    made = [written.function_call] if written.function_call else []
    made = made or [call.function for call in written.tool_calls or ()]
    if written.said is None and not made:
        check = CheckName.MISSING_CONTENT
        if "content" not in written.model_fields_set:
            check = CheckName.MESSAGE_MISSING_KEY
        found.append((worded("file.no_content", ' is missing key "content"'), "content", check))
    for place, text in unreadable_arguments(made):
        key = "function_call" if written.function_call else f"tool_calls[{place}].function"
        found.append((text, f"{key}.arguments", None))
    return found


def unreadable_arguments(calls: Sequence[CallLine]) -> Iterator[tuple[int, Sentence]]:
    """Say of each call, by its place, what is wrong where its arguments are no JSON object."""
    for place, call in enumerate(calls):
        try:
            parse_object(call.arguments.encode())
        except ValueError as error:
            yield (
                place,
                worded(
                    "file.arguments",
                    ": the arguments of '{name}' must be the text of a JSON object: {why}",
                    name=call.name,
                    why=json_fault(error),
                ),
            )


def _calls(written: AssistantLine, index: int) -> list[MadeCall]:
    if written.function_call is not None:
        return [MadeCall(legacy_id(index), written.function_call.name)]
    if not written.tool_calls:
        return []
    return [MadeCall(call.id, call.function.name) for call in written.tool_calls]


def legacy_id(index: int) -> str:
    """Name the call of message `index` in the form before tools, which has no ids.

    One for each message is enough to pair its single result.
    """
    return f"call_{index}"


def _answered(
    written: ToolResultLine | FunctionResultLine, pending: list[MadeCall]
) -> MadeCall | None:
    for call in pending:
        if isinstance(written, ToolResultLine):
            is_answer = written.tool_call_id == call.id
        else:
            is_answer = written.name == call.name
        if is_answer:
            return call
    return None
