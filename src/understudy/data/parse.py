"""Training files to examples, every complaint with its line, and the check of an upload."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from understudy.data.chat_line import ChatLine, plain_words
from understudy.data.conversation import to_example
from understudy.data.examples import ChatExample
from understudy.data.json_lines import LineTooLongError, numbered_lines
from understudy.data.strict_json import parse_object, parse_value
from understudy.errors import InvalidRequestError

MOST_PROBLEMS = 1000
"""Reading stops after so many complaints: the file is of another kind, and memory is finite."""

INVALID_FORMAT = "Invalid file format. "
"""How complaints about single examples begin."""

_HINT_CHARACTERS = 20


class ProblemCode(StrEnum):
    """Which of OpenAI's two families of file errors a complaint belongs to."""

    INVALID_FILE = "invalid_file"
    """Reported as `invalid_training_file` or `invalid_validation_file`."""
    FILE_FORMAT = "invalid_file_format"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with a file."""

    line: int
    """Counted from 1."""
    code: ProblemCode
    message: str


@dataclass(frozen=True, kw_only=True)
class ParsedFile:
    """A whole file; `examples` is what could be read, complete only without `problems`."""

    examples: tuple[ChatExample, ...]
    problems: tuple[Problem, ...]


def parse_chat_file(lines: Iterable[bytes]) -> ParsedFile:
    """Read a supervised chat file, given as lines (an open file) or any other pieces of bytes."""
    reading = _Reading()
    try:
        for number, line in numbered_lines(lines):
            reading.add(number, line)
            if len(reading.problems) >= MOST_PROBLEMS:
                break
    except LineTooLongError as error:
        text = f" cannot be parsed. Error: {error}"
        reading.problems.append(_problem(error.number, ProblemCode.INVALID_FILE, text))
    return reading.result()


def check_jsonl(chunks: Iterable[bytes]) -> None:
    """Raise InvalidRequestError unless every line is a JSON object and there is at least one.

    This is all that an upload is refused for; what the objects hold is looked at by the job.
    Holds one line in memory.
    """
    is_empty = True
    try:
        for number, line in numbered_lines(chunks):
            is_empty = False
            if not _is_object(line):
                raise InvalidRequestError(_not_a_dictionary(number, line))
    except LineTooLongError as error:
        raise InvalidRequestError(f"{error}, the most that one example may have.") from None
    if is_empty:
        raise InvalidRequestError(
            "The file is empty. Expected file to have JSONL format, "
            "where every line is a valid JSON dictionary."
        )


class _Reading:
    """What is known of a file part of the way through it."""

    def __init__(self) -> None:
        self.examples: list[ChatExample] = []
        self.problems: list[Problem] = []
        self._is_chat = False
        self._other_format: str | None = None

    def add(self, number: int, line: bytes) -> None:
        try:
            written = parse_object(line)
        except ValueError as error:
            self.problems.append(_unreadable(number, error))
            return
        self._is_chat = self._is_chat or "messages" in written
        self._other_format = self._other_format or _other_format(written)
        example, found = _read_line(written, number)
        self.problems += found
        if example is not None:
            self.examples.append(example)

    def result(self) -> ParsedFile:
        if self._other_format is not None and not self._is_chat:
            # Of another kind altogether: say so once, not once for each line.
            only = Problem(line=1, code=ProblemCode.INVALID_FILE, message=self._other_format)
            return ParsedFile(examples=(), problems=(only,))
        return ParsedFile(examples=tuple(self.examples), problems=tuple(self.problems))


def _read_line(written: dict[str, Any], number: int) -> tuple[ChatExample | None, list[Problem]]:
    try:
        chat_line = ChatLine.model_validate(written)
    except ValidationError as error:
        return None, list(_misshapen(error, number))
    example, complaints = to_example(chat_line, number)
    problems = [_problem(number, ProblemCode.INVALID_FILE, text) for text in complaints]
    return (None if problems else example), problems


def _misshapen(error: ValidationError, number: int) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_context=False):
        is_extra = detail["type"] == "extra_forbidden"
        code = ProblemCode.FILE_FORMAT if is_extra else ProblemCode.INVALID_FILE
        yield _problem(number, code, plain_words(detail))


def _unreadable(number: int, error: ValueError) -> Problem:
    text = f" cannot be parsed. Error: line contains invalid json: {error} (line {number})"
    return _problem(number, ProblemCode.INVALID_FILE, text)


def _problem(number: int, code: ProblemCode, complaint: str) -> Problem:
    return Problem(line=number, code=code, message=f"{INVALID_FORMAT}Example {number}{complaint}")


def _other_format(written: dict[str, Any]) -> str | None:
    """Say what a line without `messages` seems to be instead of a chat."""
    if "messages" in written:
        return None
    if "preferred_output" in written or "preferred_completion" in written:
        return (
            "The file is in the fine-tune-preference format, but the specified fine-tuning job "
            "is not using 'dpo' as the training method (provided method=supervised)."
        )
    if "prompt" in written and "completion" in written:
        return (
            "The file is in the fine-tune-completion format (prompt and completion), "
            "which is not supported here; write each pair as chat messages."
        )
    return "Unexpected file format, expected either prompt/completion pairs or chat messages."


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(parse_value(line), dict)
    except ValueError:
        return False


def _not_a_dictionary(number: int, line: bytes) -> str:
    start = line[: 4 * _HINT_CHARACTERS].decode(errors="replace").strip()
    hint = start[:_HINT_CHARACTERS] + ("..." if len(start) > _HINT_CHARACTERS else "")
    return (
        "Expected file to have JSONL format, where every line is a valid JSON dictionary. "
        f'Line {number} is not a dictionary (HINT: line starts with: "{hint}").'
    )
