"""What our own routes below /v1/x/ show of a training file: its report, and lines in tokens."""

from collections.abc import Sequence
from typing import Any, Literal

from understudy.schemas.base import WireObject


class FileReport(WireObject):
    """A training file, judged for one model."""

    object: Literal["x.file.report"] = "x.file.report"
    file_id: str
    validation_file: str | None
    model: str
    is_clean: bool
    """Whether a job would take the file."""
    report: dict[str, Any]
    """The same that `understudy check --json` prints."""


class TokenObject(WireObject):
    """One token of an example."""

    id: int
    text: str
    trained: bool


class FilePreview(WireObject):
    """One line of a training file as the tokens that a model sees."""

    object: Literal["x.file.preview"] = "x.file.preview"
    file_id: str
    model: str
    line: int
    context_length: int
    """Tokens after this many are cut away in a job."""
    tokens: Sequence[TokenObject]
    row_starts: Sequence[int]
    """Where each row of training begins among the tokens: one, unless the example is split."""
    is_pair: bool
    """Whether the two rows are the preferred and the non-preferred answer of one line."""
