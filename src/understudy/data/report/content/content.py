"""Every examination of what the messages of a file say, in one pass over its examples."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from understudy.chat.messages import Message, Role
from understudy.data.examples import ChatExample
from understudy.data.report.content.broken_json import broken_json
from understudy.data.report.content.cut_answers import Ending, ending_of
from understudy.data.report.content.mojibake import is_mojibake
from understudy.data.report.content.placeholders import has_placeholder
from understudy.data.report.content.written_calls import is_written_call
from understudy.data.report.line_numbers import Lines, lines_of
from understudy.data.report.texts import texts_of

# Where more answers than this have no end mark, that is how they are written.
_MAX_UNFINISHED = 0.2


@dataclass(frozen=True, kw_only=True)
class Content:
    """Lines whose messages say what should hardly be learned, by what is wrong with them."""

    empty_answers: Lines
    empty_questions: Lines
    """The last message before the answer is empty."""
    no_user_turn: Lines
    broken_json: Lines
    """Answers that are no JSON in a file whose answers are JSON."""
    written_calls: Lines
    """Calls of tools written as text instead of in `tool_calls`."""
    placeholders: Lines
    mojibake: Lines
    """Texts that were read in the wrong encoding."""
    cut_answers: Lines
    """Answers that end in the middle of a sentence."""


def look_at_content(examples: Sequence[ChatExample], check_stop: Callable[[], None]) -> Content:
    """Look at every learned answer, and for encodings at every text."""
    found: dict[str, list[int]] = defaultdict(list)
    endings: Counter[Ending] = Counter()
    unfinished: list[int] = []
    answers: list[str] = []
    lines: list[int] = []
    for example in examples:
        check_stop()
        for kind in _flaws(example):
            found[kind].append(example.line)
        for answer in _answers(example):
            ending = ending_of(answer)
            endings[ending] += 1
            if ending is Ending.CUT:
                found["cut_answers"].append(example.line)
            elif ending is Ending.UNFINISHED:
                unfinished.append(example.line)
            answers.append(answer)
            lines.append(example.line)
    if endings[Ending.UNFINISHED] <= _MAX_UNFINISHED * endings.total():
        found["cut_answers"] += unfinished
    broken = {lines[at] for at in broken_json(answers)}
    return Content(
        empty_answers=lines_of(found["empty_answers"]),
        empty_questions=lines_of(found["empty_questions"]),
        no_user_turn=lines_of(found["no_user_turn"]),
        broken_json=lines_of(broken),
        written_calls=lines_of(found["written_calls"]),
        placeholders=lines_of(found["placeholders"]),
        mojibake=lines_of(found["mojibake"]),
        # Of JSON that is cut, that it is broken says more.
        cut_answers=lines_of(set(found["cut_answers"]) - broken),
    )


def _flaws(example: ChatExample) -> Iterator[str]:
    """Yield the name of everything that is wrong with one example, taken by itself."""
    if any(map(is_mojibake, texts_of(example))):
        yield "mojibake"
    if all(message.role is not Role.USER for message in example.messages):
        yield "no_user_turn"
    # Without a prompt, a model is taught to write without being asked.
    if not example.is_text and _has_empty_question(example):
        yield "empty_questions"
    if any(_is_empty_answer(message) for message in _learned(example)):
        yield "empty_answers"
    answers = _answers(example)
    if any(map(has_placeholder, answers)):
        yield "placeholders"
    declared = frozenset(tool.name for tool in example.tools)
    if any(is_written_call(answer, declared) for answer in answers):
        yield "written_calls"


def _learned(example: ChatExample) -> Iterable[Message]:
    return (
        message
        for message, is_trained in zip(example.messages, example.trained, strict=True)
        if is_trained
    )


def _answers(example: ChatExample) -> list[str]:
    return [text for m in _learned(example) if (text := m.content) and not text.isspace()]


def _is_empty_answer(message: Message) -> bool:
    return not message.tool_calls and not (message.content or "").strip()


def _has_empty_question(example: ChatExample) -> bool:
    illustrated = {image.message for image in example.unseen}
    return any(
        message.role is Role.USER
        and not (message.content or "").strip()
        and not message.parts
        and at not in illustrated
        for at, message in enumerate(example.messages)
    )
