"""A page of a stored file's lines, as our own route below /v1/x/ shows them."""

from collections.abc import Sequence
from typing import Literal

from understudy.schemas.base import WireObject


class FileLineObject(WireObject):
    """One line of a file."""

    line: int
    text: str
    is_cut: bool
    """Whether the line continues after `text`."""


class FileLines(WireObject):
    """Some lines of a file in order."""

    object: Literal["x.file.lines"] = "x.file.lines"
    file_id: str
    total_lines: int
    data: Sequence[FileLineObject]
