"""A whole file of another trainer's rows, as a chat file: every line of it, or an error."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, cast

from understudy.data.files.json_lines import LineTooLongError, numbered_lines
from understudy.data.files.strict_json import parse_object, parse_value
from understudy.data.files.unreadable import reason
from understudy.data.foreign.rows import to_chat
from understudy.errors import InvalidRequestError


def converted(pieces: Iterable[bytes]) -> Iterator[str]:
    """Yield the lines of the chat file, without their ends.

    The rows are JSON lines, or one JSON array, which is held in memory. Raises InvalidRequestError
    that names the line, or the entry of the array.
    """
    held = iter(pieces)
    first = next(held, b"")
    if first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        yield from _of_array(b"".join([first, *held]))
    else:
        yield from _of_lines(_chain(first, held))


def _of_array(text: bytes) -> Iterator[str]:
    try:
        entries: Any = parse_value(text.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        raise InvalidRequestError(f"The array cannot be read: {reason(text)}.") from None
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise InvalidRequestError(f"Entry {number}: it is not a JSON object.")
        yield _line(cast("dict[str, Any]", entry), f"Entry {number}")


def _of_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    try:
        for number, text in numbered_lines(pieces):
            try:
                row = parse_object(text)
            except ValueError:
                raise InvalidRequestError(f"Line {number}: {reason(text)}.") from None
            yield _line(row, f"Line {number}")
    except LineTooLongError as error:
        raise InvalidRequestError(f"{error}, the most that one example may have.") from None


def _line(row: dict[str, Any], where: str) -> str:
    try:
        return json.dumps(to_chat(row), ensure_ascii=False)
    except InvalidRequestError as error:
        raise InvalidRequestError(f"{where}: {error.message}.") from None


def _chain(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
