"""From the bytes of an upload to its lines as text, whatever encoding they are in."""

from collections.abc import Sequence
from dataclasses import dataclass

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# The pairs of bytes that GB 2312 has; text of other encodings holds few of them.
_GB_LEAD = range(0xA1, 0xF8)
_GB_TRAIL = range(0xA1, 0xFF)
_GB_SHARE = 0.9
# Even Chinese has punctuation and ends of lines below 256.
_TEXT_PER_ZERO = 50


@dataclass(frozen=True, kw_only=True)
class DecodedFile:
    """A file as lines of text."""

    encoding: str
    """Of the file as a whole; "utf-8" also where single lines are in another one."""
    lines: Sequence[str]
    other_lines: dict[int, str]
    """The encoding of lines, counted from 1, that are not in that of the file."""


def decode(content: bytes) -> DecodedFile:
    """Read bytes as text; what no encoding fits is shown by replacement characters."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _whole(content[len(mark) :], encoding)
    wide = _wide(content)
    if wide is not None:
        return _whole(content, wide)
    lines: list[str] = []
    other: dict[int, str] = {}
    has_utf8 = False
    for number, line in enumerate(_cut(content), start=1):
        try:
            lines.append(line.decode())
            has_utf8 = has_utf8 or not line.isascii()
        except UnicodeDecodeError:
            other[number] = _guess(line)
            lines.append(line.decode(other[number], "replace"))
    if not other or has_utf8:
        return DecodedFile(encoding="utf-8", lines=lines, other_lines=other)
    return _whole(content, _guess(content))


def _whole(content: bytes, encoding: str) -> DecodedFile:
    text = content.decode(encoding, "replace")
    return DecodedFile(encoding=encoding, lines=_without_end(text.split("\n")), other_lines={})


def _cut(content: bytes) -> Sequence[bytes]:
    return content.removesuffix(b"\n").split(b"\n")


def _without_end(lines: list[str]) -> list[str]:
    return lines[:-1] if len(lines) > 1 and lines[-1] == "" else lines


def _wide(content: bytes) -> str | None:
    """Recognise two bytes a character without a mark, by the zeros, which other text has not."""
    start = content[:4096]
    low, high = start[1::2].count(0), start[::2].count(0)
    if (low + high) * _TEXT_PER_ZERO < len(start):
        return None
    return "utf-16-le" if low > high else "utf-16-be"


def _guess(content: bytes) -> str:
    """Choose between Chinese and Western European single-machine encodings."""
    high = paired = at = 0
    while at < len(content):
        if content[at] < 0x80:
            at += 1
            continue
        is_pair = content[at] in _GB_LEAD and at + 1 < len(content) and content[at + 1] in _GB_TRAIL
        high += 1
        paired += is_pair
        at += 2 if is_pair else 1
    return "gb18030" if paired >= _GB_SHARE * high else "cp1252"
