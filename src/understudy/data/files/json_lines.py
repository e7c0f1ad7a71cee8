"""Bytes cut into numbered lines, one in memory at a time."""

import re
from collections.abc import Iterable, Iterator

from understudy.wording import worded

MAX_TEXT_BYTES = 16 * 1024 * 1024
"""Of one example without the images in it: what its text takes in memory is many times as much."""
MAX_LINE_BYTES = MAX_TEXT_BYTES + 10 * (10 * 1024 * 1024 // 3 * 4 + 64)
"""One example is held in memory whole; a longer line is refused before all of it is read.

Beside its text there is room for ten images of 10 MB in base64.
"""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# A JSON text that holds an image; where slashes are escaped, so are those of base64.
_IMAGE = re.compile(rb'"data:image(?:[^"\\]++|\\.)*+"')


class LineTooLongError(Exception):
    """A line has more than MAX_LINE_BYTES, or more than MAX_TEXT_BYTES besides its images."""

    def __init__(self, number: int, limit: int) -> None:
        if limit == MAX_TEXT_BYTES:
            said = worded(
                "file.line_too_long.text",
                "Line {line} is longer than {limit} bytes besides its images",
                line=number,
                limit=limit,
            )
        else:
            said = worded(
                "file.line_too_long",
                "Line {line} is longer than {limit} bytes",
                line=number,
                limit=limit,
            )
        super().__init__(said)
        self.number = number


def numbered_lines(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Cut bytes into lines, counted from 1, whatever the sizes of the chunks.

    A byte order mark at the start and blank lines at the end are left out; a carriage return
    stays, being white space to JSON. Raises LineTooLongError.
    """
    blank: list[tuple[int, bytes]] = []
    for number, line in enumerate(_lines(chunks), start=1):
        text = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        if not text.strip():
            # Only a blank line with something after it is a line of the file; one is enough.
            blank = blank or [(number, b"")]
            continue
        yield from blank
        blank = []
        yield number, text


def bytes_besides_images(text: bytes) -> int:
    """Return how long a JSON text is without the data URLs of images in it, which is not parsed."""
    return len(text) - sum(found.end() - found.start() for found in _IMAGE.finditer(text))


def without_images(text: bytes) -> bytes:
    """Return a JSON text in which the data URLs of images stop where their bytes begin."""
    return _IMAGE.sub(_beginning, text)


def _beginning(found: re.Match[bytes]) -> bytes:
    return found[0].partition(b",")[0].rstrip(b'"')[:64] + b',"'


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    number = 1
    held = bytearray()
    for chunk in chunks:
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            yield _joined(number, held, end)
            number += 1
        held += rest
        _check_length(number, len(held))
    if held:
        yield _checked(number, bytes(held))


def _joined(number: int, held: bytearray, end: bytes) -> bytes:
    """Return a line of which `held` is what earlier chunks had, and forget that."""
    if not held:
        return _checked(number, end)
    held += end
    _check_length(number, len(held))
    line = bytes(held)
    held.clear()
    return _checked(number, line)


def _check_length(number: int, length_bytes: int) -> None:
    if length_bytes > MAX_LINE_BYTES:
        raise LineTooLongError(number, MAX_LINE_BYTES)


def _checked(number: int, line: bytes) -> bytes:
    _check_length(number, len(line))
    if len(line) > MAX_TEXT_BYTES and bytes_besides_images(line) > MAX_TEXT_BYTES:
        raise LineTooLongError(number, MAX_TEXT_BYTES)
    return line
