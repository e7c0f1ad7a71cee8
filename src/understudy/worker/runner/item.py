"""One item of a run from its row to its record: answered, graded, judged."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from understudy.answering.asking import Asker
from understudy.answering.models import AnsweringModel, ServedModel
from understudy.data.images.sources import ImageSource
from understudy.errors import UnderstudyError
from understudy.evals.graded import add_judges, result_of, status_of
from understudy.evals.questions import QuestionTemplate
from understudy.evals.recording import NewItem
from understudy.evals.rows_file import DataRow
from understudy.evals.verdict.pairing import item_key
from understudy.graders.base import Grader, grade
from understudy.graders.grade import Grade
from understudy.graders.sample import Sample
from understudy.worker.runner.machine_time import MachineTime, Share
from understudy.worker.runner.sample import ItemSample, broken, given, sampled

_ELSEWHERE = nullcontext(Share())
"""Another server's time is none of this machine."""


@dataclass(frozen=True, kw_only=True)
class Todo:
    """An item that is to be made."""

    number: int
    """Its own."""
    repeat: int
    """Which of the answers about its row it is, from 0."""
    row: DataRow


@dataclass(frozen=True, kw_only=True)
class ModelUnderTest:
    """Which model is asked, and what."""

    model: AnsweringModel
    template: QuestionTemplate
    asker: Asker
    machine: MachineTime
    images: Callable[[], ImageSource]
    """Gives where the images of one question come from."""

    async def answer(self, item: Mapping[str, Any], repeat: int) -> ItemSample:
        """Return the answer about a row, or the reason why there is none."""
        try:
            question = await asyncio.to_thread(self.template.question, item, self.images())
            if question.plan.seed is not None:
                # The same seed would draw the same answer again.
                plan = replace(question.plan, seed=question.plan.seed + repeat)
                question = replace(question, plan=plan)
            with (
                self.machine.call() if isinstance(self.model, ServedModel) else _ELSEWHERE as share
            ):
                answer = await self.asker.ask(self.model, question.plan)
            return sampled(question, answer, seconds=share.seconds)
        except UnderstudyError as error:
            return broken(error)


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What happens to every item of a run."""

    tested: ModelUnderTest | None
    """None when the answers came with the data."""
    criteria: Mapping[str, Grader]
    """By their ids."""

    async def evaluate(self, todo: Todo) -> NewItem:
        """Return what became of an item; whatever breaks in it becomes part of that."""
        row = todo.row
        if self.tested is None:
            sample = given(row.sample or {})
        else:
            sample = await self.tested.answer(row.item, todo.repeat)
        if sample.graded is None:
            grades: dict[str, Grade] = {}
        else:
            grades = await _grade_all(self.criteria, sample.graded, row.item)
        judged = {id_: g.has_passed for id_, g in grades.items() if not g.is_errored}
        return NewItem(
            number=todo.number,
            status=status_of(grades),
            item_key=item_key(row.item).hex(),
            item=row.item,
            results=[result_of(id_, found) for id_, found in grades.items()],
            judged=judged,
            sample=sample.wire,
            usage=add_judges(sample.usage, grades.values()),
        )


async def _grade_all(
    criteria: Mapping[str, Grader], sample: Sample, item: Mapping[str, Any]
) -> dict[str, Grade]:
    grades = await asyncio.gather(*(grade(each, sample, item) for each in criteria.values()))
    return dict(zip(criteria, grades, strict=True))
