"""Training files to examples, every complaint with its line, and the check of an upload."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from understudy.data.examples import ChatExample, Example
from understudy.data.files.formats import FileFormat, Method
from understudy.data.files.json_lines import LineTooLongError, numbered_lines
from understudy.data.files.line_reader import MAX_PROBLEMS, LineReader
from understudy.data.files.problems import Complaint, Problem
from understudy.data.files.strict_json import parse_value
from understudy.data.files.unreadable import reason
from understudy.data.images.sources import TEXT_ONLY, ImageSource, LookedAtImages
from understudy.data.lines.checks import Line
from understudy.data.lines.examples import to_example
from understudy.errors import InvalidRequestError
from understudy.wording import Sentence, sentence_of, worded

_HINT_CHARACTERS = 20
_LOOKED_AT = LookedAtImages()


@dataclass(frozen=True, kw_only=True)
class ParsedFile:
    """A whole supervised file; `examples` is complete only without `problems`."""

    examples: tuple[ChatExample, ...]
    problems: tuple[Problem, ...]
    skipped: tuple[Problem, ...] = ()
    """Why lines were left out whose images cannot be used: no reason to refuse the file."""


@dataclass(frozen=True, kw_only=True)
class TrainingFile:
    """A whole file of any format; `examples` is complete only without `problems`."""

    format: FileFormat | None
    """None when no line shows it; the problems say why."""
    examples: tuple[Example, ...]
    problems: tuple[Problem, ...]
    skipped: tuple[Problem, ...]
    """Why lines were left out whose images cannot be used: no reason to refuse the file."""


def parse_chat_file(
    lines: Iterable[bytes], file_id: str | None = None, images: ImageSource = TEXT_ONLY
) -> ParsedFile:
    """Read a supervised file: chats, or pairs of prompt and completion.

    It is given as lines (an open file) or any other pieces of bytes. The name in `file_id` is for
    the complaint about a file that is meant for another method. Where `images` has none, a line
    with one is an error.
    """
    reader = LineReader(Method.SUPERVISED, images, file_id)
    examples = tuple(one for one in _examples(lines, reader) if isinstance(one, ChatExample))
    return ParsedFile(
        examples=examples, problems=tuple(reader.problems), skipped=tuple(reader.skipped)
    )


def parse_file(
    lines: Iterable[bytes],
    method: Method,
    file_id: str | None = None,
    images: ImageSource = _LOOKED_AT,
) -> TrainingFile:
    """Read a file of any format that `method` learns from, recognised by its lines.

    The name in `file_id` is for the complaint about a file that is meant for another method.
    """
    reader = LineReader(method, images, file_id)
    examples = tuple(_examples(lines, reader))
    return TrainingFile(
        format=reader.format,
        # A chat without anything for graders reads well, but makes no reinforcement file.
        examples=examples if reader.format is not None else (),
        problems=tuple(reader.problems),
        skipped=tuple(reader.skipped),
    )


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
        raise InvalidRequestError(
            worded(
                "file.too_long.upload",
                "{why}, the most that one example may have.",
                why=sentence_of(error),
            )
        ) from None
    if is_empty:
        raise InvalidRequestError(
            worded(
                "file.empty",
                "The file is empty. Expected file to have JSONL format, where "
                "every line is a valid JSON dictionary.",
            )
        )


def _examples(pieces: Iterable[bytes], reader: LineReader) -> Iterator[Example]:
    for number, line in _good_lines(pieces, reader):
        images = reader.images_of(number, line)
        if images is not None:
            yield to_example(line, number, images)


def _good_lines(pieces: Iterable[bytes], reader: LineReader) -> Iterator[tuple[int, Line]]:
    """Give the good lines with their numbers; at the end `reader` knows everything of the file."""
    try:
        for number, text in numbered_lines(pieces):
            line = reader.read(number, text)
            if line is not None:
                yield number, line
            elif len(reader.problems) >= MAX_PROBLEMS:
                break
    except LineTooLongError as error:
        reader.complain(
            error.number,
            Complaint(
                worded("file.too_long", " cannot be parsed. Error: {why}", why=sentence_of(error))
            ),
        )
    reader.close()


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(parse_value(line), dict)
    except ValueError:
        return False


def _why(number: int, line: bytes) -> Sentence:
    if number == 1 and line.lstrip().startswith(b"["):
        return worded(
            "file.is_array",
            "the file seems to be one JSON array; write each of its entries on a line of its own",
        )
    return reason(line)


def _not_a_dictionary(number: int, line: bytes) -> Sentence:
    start = line[: 4 * _HINT_CHARACTERS].decode(errors="replace").strip()
    hint = start[:_HINT_CHARACTERS] + ("..." if len(start) > _HINT_CHARACTERS else "")
    return worded(
        "file.not_jsonl",
        "Expected file to have JSONL format, where every line is a valid "
        "JSON dictionary. Line {line} is not a dictionary (HINT: line "
        'starts with: "{hint}"): {why}.',
        line=number,
        hint=hint,
        why=_why(number, line),
    )
