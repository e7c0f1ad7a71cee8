"""What every grader takes and gives: a sample and its item in, a grade with its evidence out."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Protocol

from understudy.graders.grade import Finding, Grade, GradeErrors, GradingError
from understudy.graders.sample import Item, Sample
from understudy.graders.template import Template


class Grader(Protocol):
    """Finds a score for samples. Build one with `build.build_grader`, use it with `grade`."""

    type: ClassVar[str]
    """The type on the wire, such as `string_check`."""

    @property
    def name(self) -> str:
        """The name its owner gave it."""
        ...

    @property
    def templates(self) -> Mapping[str, Template]:
        """Its templates by the place where each stands in it, such as `input[0].content`."""
        ...

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and the highest score, as far as they are known."""
        ...

    async def find(self, sample: Sample, item: Item) -> Finding:
        """Return what it found; raises GradingError when it cannot do as it says."""
        ...


async def grade(grader: Grader, sample: Sample, item: Item) -> Grade:
    """Grade a sample. What goes wrong in it becomes the grade's `errors`, never an exception.

    An answer that is itself to blame gets the lowest score that the grader gives, unless the
    grader found another.
    """
    began = time.perf_counter()
    blames_sample = False
    try:
        finding = await grader.find(sample, item)
        errors, problem = GradeErrors(), None
    except GradingError as error:
        finding, errors, problem = error.finding, error.errors, error.message
        blames_sample = error.blames_sample
        if blames_sample and finding.score == 0.0:
            finding = replace(finding, score=grader.range[0])
    return Grade(
        name=grader.name,
        type=grader.type,
        finding=finding,
        errors=errors,
        problem=problem,
        blames_sample=blames_sample,
        execution_seconds=time.perf_counter() - began,
    )
