"""Our own objects below /v1/x/: logs of model calls that are imported as stored completions."""

from collections.abc import Sequence
from typing import Literal

from understudy.schemas.base import StoredText, StrictRequest, WireObject
from understudy.schemas.metadata import Metadata


class ImportLog(StrictRequest):
    """Asks for the calls in an uploaded log to be stored."""

    file_id: StoredText
    metadata: Metadata | None = None
    """Added to each stored completion, so that they can be selected."""
    partial: bool = False
    """Store what can be taken although some lines cannot."""


class LogImportProblem(WireObject):
    """A line that could not be taken."""

    line: int
    message: str


class LogImport(WireObject):
    """What became of a log."""

    object: Literal["x.log_import"] = "x.log_import"
    imported: int
    known: int
    """Calls that were stored before, or stand in the log twice."""
    refused: int
    problems: Sequence[LogImportProblem]
    """The first of them."""
