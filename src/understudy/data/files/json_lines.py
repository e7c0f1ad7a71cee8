"""Bytes cut into numbered lines, one in memory at a time."""

from collections.abc import Iterable, Iterator

MAX_LINE_BYTES = 16 * 1024 * 1024
"""One example is held in memory whole; a longer line is refused before all of it is read."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class LineTooLongError(Exception):
    """A line has more than MAX_LINE_BYTES."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Line {number} is longer than {MAX_LINE_BYTES} bytes")
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
        yield bytes(held)


def _joined(number: int, held: bytearray, end: bytes) -> bytes:
    """Return a line of which `held` is what earlier chunks had, and forget that."""
    if not held:
        _check_length(number, len(end))
        return end
    held += end
    _check_length(number, len(held))
    line = bytes(held)
    held.clear()
    return line


def _check_length(number: int, length_bytes: int) -> None:
    if length_bytes > MAX_LINE_BYTES:
        raise LineTooLongError(number)
