"""Where the lines of a stored file begin, so that any page of a large file is read at once."""

from dataclasses import dataclass
from pathlib import Path

from understudy.data.files import json_lines

_LINES_APART = 256
_PIECE_BYTES = 1024 * 1024
MAX_LINE_BYTES = 64 * 1024
"""More of a line than this is not shown."""


@dataclass(frozen=True, kw_only=True)
class FileLine:
    """One line of a file as text."""

    line: int
    """Counted from 1."""
    text: str
    """Of a line that is too long, the data URLs of images stop where their bytes begin."""
    is_cut: bool
    """Whether the line continues after `text`."""


@dataclass(frozen=True, kw_only=True)
class LineIndex:
    """The lines of one file; it knows where every 256th begins."""

    path: Path
    line_count: int
    offsets: tuple[int, ...]

    def read(self, start: int, count: int) -> tuple[FileLine, ...]:
        """Return up to `count` lines from line `start` on, which is counted from 1."""
        if not 1 <= start <= self.line_count:
            return ()
        block, skipped = divmod(start - 1, _LINES_APART)
        last = min(start + count - 1, self.line_count)
        with self.path.open("rb") as file:
            file.seek(self.offsets[block])
            for _ in range(skipped):
                file.readline()
            return tuple(_shown(number, file.readline()) for number in range(start, last + 1))

    def bytes_of(self, line: int) -> bytes:
        """Return a whole line; empty where the file has none of that number."""
        if not 1 <= line <= self.line_count:
            return b""
        block, skipped = divmod(line - 1, _LINES_APART)
        with self.path.open("rb") as file:
            file.seek(self.offsets[block])
            for _ in range(skipped):
                file.readline()
            return file.readline(json_lines.MAX_LINE_BYTES)


def index_lines(path: Path) -> LineIndex:
    """Look through a file once and note where its lines begin; blocks."""
    offsets = [0]
    lines = position = line_start = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            at = piece.find(b"\n")
            while at >= 0:
                lines += 1
                line_start = position + at + 1
                if lines % _LINES_APART == 0:
                    offsets.append(line_start)
                at = piece.find(b"\n", at + 1)
            position += len(piece)
    return LineIndex(path=path, line_count=lines + (line_start < position), offsets=tuple(offsets))


def _shown(number: int, line: bytes) -> FileLine:
    text = line.rstrip(b"\r\n")
    if len(text) > MAX_LINE_BYTES:
        text = json_lines.without_images(text)
    return FileLine(
        line=number,
        text=text[:MAX_LINE_BYTES].decode("utf-8", "replace"),
        is_cut=len(text) > MAX_LINE_BYTES,
    )
