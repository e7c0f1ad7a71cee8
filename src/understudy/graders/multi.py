"""`multi`: several graders on the same sample, their scores joined by a formula."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from understudy.graders.base import Grader, grade
from understudy.graders.formula import Formula, NoValueError
from understudy.graders.grade import Finding, Grade, GradeErrors, GradingError
from understudy.graders.judged.usage import total_usage
from understudy.graders.sample import Item, Sample
from understudy.graders.template import Template


@dataclass(frozen=True, kw_only=True)
class Multi:
    """Scores the formula's value. When one of the graders errs, so does the whole."""

    type: ClassVar[str] = "multi"
    name: str
    graders: Mapping[str, Grader]
    """By the names that stand in the formula."""
    formula: Formula
    pass_threshold: float

    @property
    def templates(self) -> Mapping[str, Template]:
        """The templates of all of its graders."""
        return {
            f"graders.{name}.{place}": template
            for name, grader in self.graders.items()
            for place, template in grader.templates.items()
        }

    async def find(self, sample: Sample, item: Item) -> Finding:
        """Grade with all and join; raises GradingError when one errs or there is no value."""
        grades = await asyncio.gather(*(grade(g, sample, item) for g in self.graders.values()))
        parts = dict(zip(self.graders, grades, strict=True))
        _raise_problems(parts)
        scores = {name: part.score for name, part in parts.items()}
        try:
            score = self.formula.value(scores)
        except NoValueError as error:
            raise GradingError(
                f"calculate_output has no value here: {error}.",
                GradeErrors(formula_parse_error=True),
                finding=_finding(parts, score=0.0, has_passed=False),
            ) from None
        return _finding(parts, score=score, has_passed=score >= self.pass_threshold)


def _raise_problems(parts: Mapping[str, Grade]) -> None:
    problems = {name: part.problem for name, part in parts.items() if part.problem is not None}
    if not problems:
        return
    errors = GradeErrors()
    for part in parts.values():
        errors = errors.joined(part.errors)
    raise GradingError(
        " ".join(f"{name}: {problem}" for name, problem in problems.items()),
        errors,
        finding=_finding(parts, score=0.0, has_passed=False),
    )


def _finding(parts: Mapping[str, Grade], *, score: float, has_passed: bool) -> Finding:
    judges = [part.finding.judge for part in parts.values() if part.finding.judge is not None]
    return Finding(
        score=score,
        has_passed=has_passed,
        evidence={
            name: {"score": part.score, "problem": part.problem, **part.finding.evidence}
            for name, part in parts.items()
        },
        scores={name: part.score for name, part in parts.items()},
        usage=total_usage(part.finding.usage for part in parts.values()),
        judge=judges[0] if judges else None,
    )
