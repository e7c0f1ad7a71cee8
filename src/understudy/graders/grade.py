"""A grade: the score, whether it passes, the evidence for it, what went wrong and what it cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from understudy.graders.judged.usage import TokenUsage

_MAX_QUOTE = 4000


def quoted(text: str) -> str:
    """Return a text as evidence shows it: its beginning, if it is long."""
    return text if len(text) <= _MAX_QUOTE else text[:_MAX_QUOTE] + "…"


@dataclass(frozen=True, kw_only=True)
class GradeErrors:
    """What went wrong, in the flags that OpenAI's grader API has."""

    formula_parse_error: bool = False
    """The formula of a multi grader has no value: a division by zero, a root of a negative."""
    sample_parse_error: bool = False
    """`sample.output_json` was asked for, but the sample is no JSON."""
    truncated_observation_error: bool = False
    """The judge's context is too short for what it was to read."""
    unresponsive_reward_error: bool = False
    """The grader did not answer within its time."""
    invalid_variable_error: bool = False
    """A template names what neither the item nor the sample has."""
    other_error: bool = False
    python_grader_server_error: bool = False
    """The sandbox ended the grader: out of time or memory, or crashed."""
    python_grader_server_error_type: str | None = None
    python_grader_runtime_error: bool = False
    """The grader's own code raised, or returned what is no score."""
    python_grader_runtime_error_details: str | None = None
    model_grader_server_error: bool = False
    """The judge could not be asked."""
    model_grader_refusal_error: bool = False
    """The judge declined."""
    model_grader_parse_error: bool = False
    """The judge's answer is not in the form that it was asked for."""
    model_grader_server_error_details: str | None = None

    def joined(self, other: "GradeErrors") -> "GradeErrors":
        """Return the flags of both; of texts, the first."""
        names = [each.name for each in fields(self)]
        return GradeErrors(**{name: getattr(self, name) or getattr(other, name) for name in names})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a grader found out."""

    score: float = 0.0
    has_passed: bool = False
    evidence: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Why: what was compared, what a judge said, what the code printed. JSON values."""
    scores: Mapping[str, float] = field(default_factory=dict[str, float])
    """Scores of the graders that a multi grader is made of."""
    usage: Mapping[str, TokenUsage] = field(default_factory=dict[str, TokenUsage])
    """Tokens that judges used, by model."""
    judge: str | None = None
    """The model that judged, by its full name; None where none was asked."""


class GradingError(Exception):
    """A sample could not be graded as its grader says; `finding` holds what is known of it.

    `blames_sample` says whose fault that is. The answer's own: prose where JSON was asked, a key
    or a call that is missing; then the answer fails. Anything else (the row, the judge, the
    sandbox, the code) says nothing about the answer.
    """

    def __init__(
        self,
        message: str,
        errors: GradeErrors,
        *,
        finding: Finding | None = None,
        blames_sample: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.errors = errors
        self.finding = finding or Finding()
        self.blames_sample = blames_sample


@dataclass(frozen=True, kw_only=True)
class Grade:
    """The grade of one sample by one grader."""

    name: str
    """The grader's."""
    type: str
    """The grader's."""
    finding: Finding
    errors: GradeErrors
    problem: str | None
    """What went wrong, in words; None when the grader did as it says."""
    blames_sample: bool
    """Whether the problem is the answer's own fault: then the grade counts."""
    execution_seconds: float

    @property
    def is_errored(self) -> bool:
        """Say whether the sample could not be graded: then the score of 0 means nothing."""
        return self.problem is not None and not self.blames_sample

    @property
    def score(self) -> float:
        """The score; 0 for what could not be graded."""
        return self.finding.score

    @property
    def has_passed(self) -> bool:
        """Whether the sample is good enough."""
        return self.finding.has_passed
