"""`multi`: several graders on the same sample, their scores joined by a formula."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

from understudy.graders.base import Grader, grade
from understudy.graders.formula import Formula, NoValueError
from understudy.graders.grade import Finding, Grade, GradeErrors, GradingError
from understudy.graders.judged.usage import total_usage
from understudy.graders.sample import Item, Sample
from understudy.graders.template import Template
from understudy.wording import sentence_of, worded

# Of graders that failed: so many are tried with both ends of their ranges, the others with one.
_MAX_CHOICES = 8


@dataclass(frozen=True, kw_only=True)
class Multi:
    """Scores the formula's value. When one of the graders errs, so does the whole.

    A grader that blames the sample counts with whichever end of its range makes the value lower:
    what the others found still counts, and no formula, not even `1 - x`, rewards the failure.
    """

    type: ClassVar[str] = "multi"
    name: str
    graders: Mapping[str, Grader]
    """By the names that stand in the formula."""
    formula: Formula
    pass_threshold: float
    range: tuple[float, float] = (0.0, 1.0)

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
        if any(part.is_errored for part in parts.values()):
            raise _problem(parts, _finding(parts, score=0.0, has_passed=False), blames_sample=False)
        score = self._value(parts)
        finding = _finding(parts, score=score, has_passed=score >= self.pass_threshold)
        if any(part.problem is not None for part in parts.values()):
            raise _problem(parts, finding, blames_sample=True)
        return finding

    def _value(self, parts: Mapping[str, Grade]) -> float:
        try:
            return min(self.formula.value(scores) for scores in self._possible_scores(parts))
        except NoValueError as error:
            raise GradingError(
                worded(
                    "graders.calculate_output_no_value",
                    "calculate_output has no value here: {error}.",
                    error=sentence_of(error),
                ),
                GradeErrors(formula_parse_error=True),
                finding=_finding(parts, score=0.0, has_passed=False),
                # A mean of two zeros, such as F1, is a wrong answer; 1 / (1 - x) of a right one
                # is a wrong formula.
                blames_sample=not any(part.has_passed for part in parts.values()),
            ) from None

    def _possible_scores(self, parts: Mapping[str, Grade]) -> Iterator[dict[str, float]]:
        """Iterate over the scores with every choice of ends for the graders that failed."""
        known = {name: part.score for name, part in parts.items()}
        failed = [name for name, part in parts.items() if part.problem is not None]
        ends = [self.graders[name].range for name in failed[:_MAX_CHOICES]]
        for chosen in product(*ends):
            yield {**known, **dict(zip(failed, chosen, strict=False))}


def _problem(parts: Mapping[str, Grade], finding: Finding, *, blames_sample: bool) -> GradingError:
    problems = {name: part.problem for name, part in parts.items() if part.problem is not None}
    errors = GradeErrors()
    for part in parts.values():
        errors = errors.joined(part.errors)
    return GradingError(
        " ".join(f"{name}: {problem}" for name, problem in problems.items()),
        errors,
        finding=finding,
        blames_sample=blames_sample,
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
