"""One item of a run from its row to its record: answered, graded, judged."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.answering.asking import Asker
from understudy.answering.models import AnsweringModel
from understudy.errors import UnderstudyError
from understudy.evals.questions import QuestionTemplate
from understudy.evals.recording import ModelUsage, NewItem
from understudy.evals.rows_file import DataRow
from understudy.evals.status import ItemStatus
from understudy.evals.verdict.pairing import item_key
from understudy.graders.base import Grader, grade
from understudy.graders.grade import Grade
from understudy.graders.sample import Sample
from understudy.worker.runner.sample import ItemSample, broken, given, sampled


@dataclass(frozen=True, kw_only=True)
class ModelUnderTest:
    """Which model is asked, and what."""

    model: AnsweringModel
    template: QuestionTemplate
    asker: Asker

    async def answer(self, item: Mapping[str, Any]) -> ItemSample:
        """Return the answer about a row, or the reason why there is none."""
        try:
            question = self.template.question(item)
            return sampled(question, await self.asker.ask(self.model, question.plan))
        except UnderstudyError as error:
            return broken(error)


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What happens to every item of a run."""

    tested: ModelUnderTest | None
    """None when the answers came with the data."""
    criteria: Mapping[str, Grader]
    """By their ids."""

    async def evaluate(self, number: int, row: DataRow) -> NewItem:
        """Return what became of an item; whatever breaks in it becomes part of that."""
        tested = self.tested
        sample = given(row.sample or {}) if tested is None else await tested.answer(row.item)
        if sample.graded is None:
            grades: dict[str, Grade] = {}
        else:
            grades = await _grade_all(self.criteria, sample.graded, row.item)
        judged = {id_: g.has_passed for id_, g in grades.items() if not g.is_errored}
        return NewItem(
            number=number,
            status=_status(grades),
            item_key=item_key(row.item).hex(),
            item=row.item,
            results=[_result(id_, found) for id_, found in grades.items()],
            judged=judged,
            sample=sample.wire,
            usage=_usage(sample, list(grades.values())),
        )


async def _grade_all(
    criteria: Mapping[str, Grader], sample: Sample, item: Mapping[str, Any]
) -> dict[str, Grade]:
    grades = await asyncio.gather(*(grade(each, sample, item) for each in criteria.values()))
    return dict(zip(criteria, grades, strict=True))


def _status(grades: Mapping[str, Grade]) -> ItemStatus:
    if not grades or any(found.is_errored for found in grades.values()):
        return ItemStatus.ERRORED
    is_passed = all(found.has_passed for found in grades.values())
    return ItemStatus.PASS if is_passed else ItemStatus.FAIL


def _result(criterion: str, found: Grade) -> dict[str, Any]:
    result = {
        "name": criterion,
        "type": found.type,
        "score": found.score,
        "passed": found.has_passed and not found.is_errored,
        "sample": dict(found.finding.evidence) or None,
    }
    if found.is_errored:
        code = next((name for name, flag in found.errors.__dict__.items() if flag is True), "")
        result["error"] = {"code": code or "other_error", "message": found.problem}
    return result


def _usage(sample: ItemSample, grades: Sequence[Grade]) -> dict[str, ModelUsage]:
    """Add the judges' tokens to those of the model under test."""
    totals = dict(sample.usage)
    for found in grades:
        for model, used in found.finding.usage.items():
            before = totals.get(model, _NOTHING)
            totals[model] = ModelUsage(
                invocations=before.invocations + 1,
                prompt_tokens=before.prompt_tokens + used.prompt_tokens,
                completion_tokens=before.completion_tokens + used.completion_tokens,
                cached_tokens=before.cached_tokens + used.cached_tokens,
            )
    return totals


_NOTHING = ModelUsage(invocations=0, prompt_tokens=0, completion_tokens=0, cached_tokens=0)
