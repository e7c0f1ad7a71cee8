"""Changes of single lines of a training file, on our own routes below /v1/x/."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from understudy.schemas.base import PositiveNumber, StoredText, StrictRequest, WireObject
from understudy.schemas.files.files import FileObject
from understudy.schemas.fine_tuning.jobs import MethodName

_MAX_TEXTS = 10_000
_MAX_REMOVED = 1_000_000


class ReplacedLine(StrictRequest):
    """A line that reads otherwise in the new file."""

    line: PositiveNumber
    text: str
    """One example as JSON, without a line break."""


class EditFile(StrictRequest):
    """What happens to the lines of a file, which are counted as they are in it."""

    replace: Annotated[Sequence[ReplacedLine], Field(max_length=_MAX_TEXTS)] = ()
    remove: Annotated[Sequence[PositiveNumber], Field(max_length=_MAX_REMOVED)] = ()
    append: Annotated[Sequence[str], Field(max_length=_MAX_TEXTS)] = ()
    """Examples as JSON, which follow after the last line."""
    filename: Annotated[StoredText, Field(min_length=1, max_length=255)] | None = None
    """The new file's name; by default that of the first with `.edited`."""
    method: MethodName = "supervised"
    """What the file is for, by which the new lines are checked."""


class FileOriginObject(WireObject):
    """Which file another was made from."""

    deed: Literal["edit", "repair", "split_training", "split_validation"]
    file_id: str
    filename: str
    is_deleted: bool
    counts: Mapping[str, int]
    """Lines or rows by what happened to them: `replaced`, `removed`, `duplicates`, `appended`;
    `rows`, `left_out`; `examples`."""


class FileOrigins(WireObject):
    """Where a file comes from; `origin` is null for an upload."""

    object: Literal["x.file.origin"] = "x.file.origin"
    file_id: str
    origin: FileOriginObject | None


class FileEdit(WireObject):
    """A file with changes: a new file; the first one stays as it is."""

    object: Literal["x.file.edit"] = "x.file.edit"
    file_id: str
    edited_file: FileObject
    origin: FileOriginObject


class RepeatedLine(WireObject):
    """A line that holds the same JSON value as the line `first`."""

    line: int
    first: int


class FileDuplicates(WireObject):
    """Every line of a file that repeats an earlier one."""

    object: Literal["x.file.duplicates"] = "x.file.duplicates"
    file_id: str
    total_lines: int
    data: Sequence[RepeatedLine]


class WholeLine(WireObject):
    """One line of a file as it is."""

    object: Literal["x.file.line"] = "x.file.line"
    file_id: str
    line: int
    text: str
