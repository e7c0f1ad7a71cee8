"""What every grader takes and gives: a sample and its item in, a grade with its evidence out."""

import time
from collections.abc import Mapping
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

    async def find(self, sample: Sample, item: Item) -> Finding:
        """Return what it found; raises GradingError when there is no telling."""
        ...


async def grade(grader: Grader, sample: Sample, item: Item) -> Grade:
    """Grade a sample. What goes wrong in it becomes the grade's `errors`, never an exception."""
    began = time.perf_counter()
    try:
        finding = await grader.find(sample, item)
        errors, problem = GradeErrors(), None
    except GradingError as error:
        finding, errors, problem = error.finding, error.errors, error.message
    return Grade(
        name=grader.name,
        type=grader.type,
        finding=finding,
        errors=errors,
        problem=problem,
        execution_seconds=time.perf_counter() - began,
    )
