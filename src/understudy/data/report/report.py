"""Everything worth knowing about a training file before it is trained on, as one frozen tree."""

from dataclasses import asdict, dataclass
from typing import Any

from understudy.data.images.illustrations import Illustrations
from understudy.data.report.advice.advice import Advice
from understudy.data.report.content.content import Content
from understudy.data.report.content.refusals import Refusals
from understudy.data.report.content.text_marks import TextMarks
from understudy.data.report.control_tokens import ControlTokens
from understudy.data.report.duplicates import Duplicates, Leakage
from understudy.data.report.graded_values import GradedValue
from understudy.data.report.labels import Label, LabelSpellings, ValidationLabels
from understudy.data.report.personal_data.counting import ShapeCount
from understudy.data.report.preferences import Preferences
from understudy.data.report.prompts import SystemPrompts
from understudy.data.report.token_counts import TokenCounts
from understudy.data.report.tool_use import ToolUse
from understudy.planning.estimate import JobEstimate


@dataclass(frozen=True, kw_only=True)
class FileError:
    """One thing that is wrong with a line."""

    line: int
    code: str
    message: str
    field: str
    """Where in the line, as in `messages[1].content`; empty for the whole line."""
    check: str | None
    """The cookbook's name for it; None where the cookbook does not look."""
    wording: dict[str, Any] | None = None
    """What the message says, in a code and values; None where nobody knows."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The error with which a job on this file would fail."""

    code: str | None
    message: str
    param: str | None
    wording: dict[str, Any] | None = None
    """What the message says, in a code and values; None where nobody knows."""


@dataclass(frozen=True, kw_only=True)
class ValidationReport:
    """What there is to say about the validation file."""

    examples: int
    errors: tuple[FileError, ...]
    verdict: Verdict | None
    leakage: Leakage
    labels: ValidationLabels


@dataclass(frozen=True, kw_only=True)
class Report:
    """A training file, judged; lists of lines hold only the first of them."""

    method: str
    model: str
    context_length: int
    errors: tuple[FileError, ...]
    """All errors that were found, by line; reading stops after a thousand."""
    skipped: tuple[FileError, ...]
    """Lines that a job would leave out because of their images, and why: the first thousand."""
    verdict: Verdict | None
    """None when a job would start."""
    examples: int
    """Examples that could be read; everything below is about them."""
    turns: int
    """Messages of users and assistants."""
    tools: ToolUse
    images: Illustrations
    tokens: TokenCounts
    system_prompts: SystemPrompts
    duplicates: Duplicates
    special_tokens: ControlTokens
    content: Content
    refusals: Refusals
    text_marks: TextMarks | None
    """None unless the file holds prompts and completions."""
    preferences: Preferences | None
    """None unless the file holds pairs of answers."""
    graded_values: tuple[GradedValue, ...]
    """What prompts hold for graders; empty unless the file holds prompts."""
    labels: tuple[Label, ...]
    """Empty unless a few short answers make up the file."""
    label_spellings: tuple[LabelSpellings, ...]
    personal_data: tuple[ShapeCount, ...]
    job: JobEstimate | None
    """The job that "auto" would run; None without examples."""
    validation: ValidationReport | None
    """None when no validation file was given."""
    advice: tuple[Advice, ...]
    """What to do about all of this, the most urgent first."""

    @property
    def is_clean(self) -> bool:
        """Whether a job would take these files."""
        return self.verdict is None and (self.validation is None or self.validation.verdict is None)

    def to_json(self) -> dict[str, Any]:
        """Return the whole report as JSON values; equal files give equal values."""
        return {"is_clean": self.is_clean} | asdict(self)
