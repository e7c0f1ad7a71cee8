"""What is wrong with one line of each format beyond the shape of its values."""

from collections.abc import Iterator, Sequence

from understudy.data.files.problems import CheckName, Complaint
from understudy.data.lines.chat import ChatLine
from understudy.data.lines.completion import CompletionLine
from understudy.data.lines.content import Illustrated
from understudy.data.lines.conversation import functions_of
from understudy.data.lines.course import follow, twice_defined, unreadable_arguments
from understudy.data.lines.message import (
    AssistantLine,
    MessageLine,
    ToolResultLine,
    UserLine,
)
from understudy.data.lines.preference import AnswerLine, PreferenceLine
from understudy.data.lines.reinforcement import ReinforcementLine
from understudy.wording import worded

Line = ChatLine | CompletionLine | PreferenceLine | ReinforcementLine


def complaints_of(line: Line) -> list[Complaint]:
    """Return everything that is wrong with a line whose values have the right shape."""
    match line:
        case ChatLine():
            return list(_chat(line))
        case CompletionLine():
            return list(_completion(line))
        case PreferenceLine():
            return list(_preference(line))
        case ReinforcementLine():
            return list(_reinforcement(line))


def is_trained(written: MessageLine) -> bool:
    """Say whether a message is one that the model shall learn."""
    return written.role == "assistant" and written.weight != 0


def _chat(line: ChatLine) -> Iterator[Complaint]:
    if not any(map(is_trained, line.messages)):
        yield _nothing_to_learn(line.messages)
    if line.tools and line.functions:
        yield Complaint(
            worded("file.tools_and_functions", ' gives both "tools" and "functions"; use "tools"'),
            "functions",
        )
    if line.tools or line.functions:
        yield from twice_defined(functions_of(line.tools) + (line.functions or []))
    yield from follow(line.messages).complaints


def _nothing_to_learn(messages: Sequence[MessageLine]) -> Complaint:
    if not messages:
        return _no_messages("messages")
    if any(isinstance(message, AssistantLine) for message in messages):
        text = worded(
            "file.all_weight_0", " has nothing to learn: every assistant message has weight 0"
        )
        return Complaint(text, "messages")
    return Complaint(
        worded("file.no_answer", " must have at least one message from the assistant"),
        "messages",
        CheckName.EXAMPLE_MISSING_ASSISTANT_MESSAGE,
    )


def _no_messages(field: str) -> Complaint:
    return Complaint(
        worded("file.no_messages", " must have at least one message"),
        field,
        CheckName.MISSING_MESSAGES_LIST,
    )


def _completion(line: CompletionLine) -> Iterator[Complaint]:
    if not line.completion:
        yield Complaint(
            worded("file.empty_completion", " has nothing to learn: its completion is empty"),
            "completion",
        )


def _preference(line: PreferenceLine) -> Iterator[Complaint]:
    if not line.input.messages:
        yield _no_messages("input.messages")
    yield from twice_defined(functions_of(line.input.tools))
    course = follow(line.input.messages, "input")
    yield from course.complaints
    if course.pending:
        waiting = course.pending[0].id[:64]
        text = worded(
            "file.input_ends", ", input ends before the result of tool call '{call}'", call=waiting
        )
        yield Complaint(text, "input.messages")
    for index, message in enumerate(line.input.messages):
        if isinstance(message.content, Illustrated):
            text = worded(
                "file.pair_image",
                ", input message {number} holds an image; preference files are text only",
                number=index + 1,
            )
            yield Complaint(text, f"input.messages[{index}].content")
    yield from _answer(line.preferred, "preferred_output")
    yield from _answer(line.non_preferred, "non_preferred_output")


def _answer(answers: list[AnswerLine], key: str) -> Iterator[Complaint]:
    if len(answers) != 1:
        text = worded(
            "file.one_answer",
            ', key "{key}" must hold exactly one assistant message, not {count}',
            key=key,
            count=len(answers),
        )
        yield Complaint(text, key)
        return
    calls = answers[0].tool_calls or []
    if answers[0].content and answers[0].refusal:
        text = worded(
            "file.answer_and_refusal",
            ', key "{key}[0]" gives both "content" and "refusal"; use one of them',
            key=key,
        )
        yield Complaint(text, f"{key}[0].refusal")
    elif not answers[0].said and not calls:
        yield Complaint(
            worded("file.answer_empty", ', key "{key}[0].content" is empty', key=key),
            f"{key}[0].content",
        )
    for place, text in unreadable_arguments([call.function for call in calls]):
        field = f"{key}[0].tool_calls[{place}].function.arguments"
        yield Complaint(worded("file.answer", ', key "{key}[0]"{what}', key=key, what=text), field)


def _reinforcement(line: ReinforcementLine) -> Iterator[Complaint]:
    if not line.messages:
        yield _no_messages("messages")
    yield from twice_defined(functions_of(line.tools))
    course = follow(line.messages)
    yield from course.complaints
    if course.pending:
        waiting = course.pending[0].id[:64]
        ended = worded(
            "file.ends_early", " ends before the result of tool call '{call}'", call=waiting
        )
        yield Complaint(ended, "messages")
    elif line.messages and not isinstance(line.messages[-1], UserLine | ToolResultLine):
        text = worded(
            "file.must_end",
            " must end with a message from the user, not from the {role}: the "
            "model's own answers are what is graded",
            role=line.messages[-1].role,
        )
        yield Complaint(text, f"messages[{len(line.messages) - 1}].role")
