"""Changes of single lines of a file: what is untouched stays byte for byte."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from understudy.data.files.formats import Method
from understudy.data.files.line_reader import LineReader
from understudy.data.files.strict_json import parse_value
from understudy.data.images.sources import LookedAtImages
from understudy.errors import InvalidRequestError
from understudy.wording import worded

_LOOKED_AT = LookedAtImages()


@dataclass(frozen=True, kw_only=True)
class LineEdits:
    """What happens to the lines of a file, which are counted from 1; texts have no line end."""

    replaced: Mapping[int, bytes]
    removed: Set[int]
    appended: Sequence[bytes]


class Repetition(NamedTuple):
    """A line that holds the same JSON value as an earlier one."""

    line: int
    first: int


def check_edits(edits: LineEdits, line_count: int, method: Method) -> None:
    """Raise InvalidRequestError for a line that is not there, and a text that is no example."""
    for line in sorted({*edits.replaced, *edits.removed}):
        if not 1 <= line <= line_count:
            raise InvalidRequestError(
                worded(
                    "api.edit.no_line",
                    "There is no line {line}: the file has {count} lines.",
                    line=line,
                    count=line_count,
                ),
                param="edits",
            )
    both = sorted(edits.removed & edits.replaced.keys())
    if both:
        raise InvalidRequestError(
            worded(
                "api.edit.both",
                "Line {line} is both replaced and removed; ask for one of them.",
                line=both[0],
            ),
            param="remove",
        )
    for line, text in edits.replaced.items():
        _check_example(text, line, method, "replace")
    for line, text in enumerate(edits.appended, start=line_count - len(edits.removed) + 1):
        _check_example(text, line, method, "append")


def edited_lines(lines: Iterable[bytes], edits: LineEdits) -> Iterator[bytes]:
    """Yield the lines of the changed file with their ends; `lines` have theirs."""
    ending = b"\n"
    for number, line in enumerate(lines, start=1):
        if number in edits.removed:
            continue
        ending = line[len(line.rstrip(b"\r\n")) :]
        yield edits.replaced[number] + ending if number in edits.replaced else line
    if edits.appended and not ending:
        yield b"\n"
    for text in edits.appended:
        yield text + b"\n"


def repeated_lines(
    lines: Iterable[bytes], check_stop: Callable[[], None]
) -> tuple[Repetition, ...]:
    """Return each line whose JSON value an earlier line has, whatever the order of its keys."""
    firsts: dict[bytes, int] = {}
    found: list[Repetition] = []
    for number, line in enumerate(lines, start=1):
        check_stop()
        key = _key(line)
        first = firsts.setdefault(key, number)
        if key and first != number:
            found.append(Repetition(number, first))
    return tuple(found)


def _key(line: bytes) -> bytes:
    text = line.strip()
    try:
        return json.dumps(parse_value(text), sort_keys=True).encode() if text else text
    except ValueError:
        return text


def _check_example(text: bytes, line: int, method: Method, param: str) -> None:
    if b"\n" in text or b"\r" in text:
        raise InvalidRequestError(
            worded(
                "api.edit.line_break",
                "The new text of line {line} has a line break; an example is one line of JSON.",
                line=line,
            ),
            param=param,
        )
    reader = LineReader(method, _LOOKED_AT)
    example = reader.read(line, text)
    if example is not None:
        reader.images_of(line, example)
    reader.close()
    for problem in (*reader.problems, *reader.skipped):
        raise InvalidRequestError(problem.message, param=param)
