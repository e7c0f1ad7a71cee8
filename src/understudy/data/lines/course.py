"""What is wrong with the course of a conversation: calls without results, results without calls."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

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
            words = f", {prefix} message" if prefix else ", message"
            field = f"{prefix}.messages[{index}]" if prefix else f"messages[{index}]"
            course.complaints.extend(
                Complaint(f"{words} {index + 1}{text}", f"{field}{'.' if key else ''}{key}", check)
                for text, key, check in found
            )
    return course


def twice_defined(functions: Iterable[FunctionLine]) -> Iterator[Complaint]:
    """Complain of functions that have the same name."""
    names = [function.name for function in functions]
    if len(names) == len(set(names)):
        return
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Complaint(f" defines the function '{name}' twice", "tools")


_Found = list[tuple[str, str, CheckName | None]]
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
            found.append((" is a result that answers no tool call before it", "", None))
        else:
            course.pending.remove(answered)
            course.answers[index] = answered.id
    elif course.pending:
        waiting = course.pending[0].id[:64]
        found.append((f" comes before the result of tool call '{waiting}'", "", None))
        course.pending.clear()
    if isinstance(written, AssistantLine):
        if written.content is None or written.tool_calls or written.function_call:
            found += _problems_of_calls(written)
        if written.content and written.refusal:
            text = ' gives both "content" and "refusal"; write what the assistant says in one'
            found.append((text, "refusal", None))
        course.pending.extend(_calls(written, index))
    return found


def _problems_of_calls(written: AssistantLine) -> _Found:
    found: _Found = []
    if written.tool_calls and written.function_call:
        text = ' gives both "tool_calls" and "function_call"; use "tool_calls"'
        found.append((text, "function_call", None))
    made = [written.function_call] if written.function_call else []
    made = made or [call.function for call in written.tool_calls or ()]
    if written.said is None and not made:
        check = CheckName.MISSING_CONTENT
        if "content" not in written.model_fields_set:
            check = CheckName.MESSAGE_MISSING_KEY
        found.append((' is missing key "content"', "content", check))
    for place, text in unreadable_arguments(made):
        key = "function_call" if written.function_call else f"tool_calls[{place}].function"
        found.append((text, f"{key}.arguments", None))
    return found


def unreadable_arguments(calls: Sequence[CallLine]) -> Iterator[tuple[int, str]]:
    """Say of each call, by its place, what is wrong where its arguments are no JSON object."""
    for place, call in enumerate(calls):
        try:
            parse_object(call.arguments.encode())
        except ValueError as error:
            words = f"the arguments of '{call.name}' must be the text of a JSON object"
            yield place, f": {words}: {error}"


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
