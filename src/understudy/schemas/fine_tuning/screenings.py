"""The screening of a job's training file, as our own routes below /v1/x/ show it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from understudy.schemas.base import PositiveNumber, StrictRequest, WireObject
from understudy.schemas.wording import WordingField

MAX_MARKED = 10_000


class ScreenedCategory(WireObject):
    """One category of which lines were flagged."""

    category: str
    """"other" for lines that the moderation model flags without a category of ours."""
    flagged: int
    marked: int
    """Of these, marked as false positives."""
    share: float
    """Of the screened lines, without those that are marked."""
    is_blocking: bool


class FlaggedLineObject(WireObject):
    """A flagged line of the training file."""

    line: int
    """Counted from 1."""
    category: str
    """The one with the highest score."""
    score: float | None
    """None where the moderation model names no category of ours."""
    scores: Mapping[str, float]
    """Of all flagged categories."""
    excerpt: str
    is_false_positive: bool
    """Whether somebody marked it so."""


class JobScreeningObject(WireObject):
    """How far the screening of a job's training file is, and what it found."""

    object: Literal["x.fine_tuning.job.screening"] = "x.fine_tuning.job.screening"
    job_id: str
    training_file: str
    status: Literal["not_screened", "screening", "screened", "incomplete"]
    """What is not "screened" is not clean, whatever was found."""
    reason: str | None
    """Why nothing, or not all, was screened."""
    reason_wording: WordingField = None
    moderator: str | None
    mode: Literal["off", "sample", "all"] | None
    action: Literal["warn", "block"] | None
    lines_total: int
    lines_wanted: int
    """All, or those of the sample."""
    lines_screened: int
    lines_unjudged: int
    lines_flagged: int
    lines_marked: int
    """Of the flagged lines, marked as false positives."""
    is_blocked: bool
    can_continue: bool
    """Whether the job was ended by its screening, and would not be again."""
    categories: Sequence[ScreenedCategory]
    not_evaluated: Sequence[str]
    """Categories that the moderation model cannot judge."""
    data: Sequence[FlaggedLineObject]
    """The first flagged lines, or those after `after`."""
    has_more: bool


class MarkLines(StrictRequest):
    """The request that marks flagged lines as false positives, or takes marks away."""

    lines: Annotated[list[PositiveNumber], Field(min_length=1, max_length=MAX_MARKED)]
    is_false_positive: bool = True
