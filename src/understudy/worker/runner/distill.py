"""One attempt at a distillation: collected, trained, compared; what is done is not done again."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from understudy.answering.asking import Asker
from understudy.distilling.captured import Captured, read_answers_of
from understudy.distilling.choosing import choose
from understudy.distilling.dataset import counts_of, divided, gather, with_unanswered
from understudy.distilling.grading import scored
from understudy.distilling.outcome import have_runs_ended, outcome_of, student_of
from understudy.distilling.questions import without_instructions
from understudy.distilling.record import (
    DistillationStatus,
    complete,
    current,
    fail,
    record_step,
)
from understudy.distilling.service import answers_of
from understudy.distilling.steps import (
    StepContext,
    held_out_rows,
    make_eval,
    make_files_and_job,
    make_runs,
)
from understudy.distilling.terms import check_teacher, why_forbidden
from understudy.errors import UnderstudyError
from understudy.graders.build import GraderContext, build_grader
from understudy.schemas.distillations import MAX_ANSWERS, CreateDistillation, Questions
from understudy.storage.database import Database
from understudy.storage.tables.distillations import DistillationRow
from understudy.work.lease import Hold, LeaseLostError
from understudy.worker.runner.teacher import ask_teacher, pairs_of

_POLL_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class DistillContext:
    """What every distillation of one runner works with."""

    steps: StepContext
    asker: Asker
    grader_context_of: Callable[[str], GraderContext]

    @property
    def database(self) -> Database:
        """The home's database."""
        return self.steps.served.database


async def distill(context: DistillContext, hold: Hold[DistillationRow]) -> None:
    """Bring what is held to its end and record that; raises LeaseLostError."""
    try:
        row = await asyncio.to_thread(current, context.database, hold)
        if row.job_id is None:
            await _collect(context, hold, row)
            row = await asyncio.to_thread(current, context.database, hold)
        student = await _trained(context, row)
        await _compare(context, hold, row, student)
    except LeaseLostError:
        raise
    except UnderstudyError as error:
        await asyncio.to_thread(fail, context.database, hold, error.message)


async def _collect(
    context: DistillContext, hold: Hold[DistillationRow], row: DistillationRow
) -> None:
    database, request = context.database, CreateDistillation.model_validate(row.request)
    note = partial(record_step, database, hold, DistillationStatus.COLLECTING)
    unanswered: dict[int, str] = {}
    served = context.steps.served
    # What the operator marked since the distillation was asked for holds as well.
    await asyncio.to_thread(check_teacher, served, row.project_id, request.teacher)
    remotes = served.catalogue().remotes
    if isinstance(request.source, Questions):
        await asyncio.to_thread(note, f"{request.teacher} is being asked the questions.")
        unanswered = await ask_teacher(context.steps, context.asker, row, request)
    await asyncio.to_thread(note, "Stored answers are being read.")
    gathered = await asyncio.to_thread(
        gather,
        _answers(context, row, request),
        keep_refusals=request.keep_refusals,
        redact=request.redact,
        why_forbidden=lambda model: why_forbidden(remotes, model),
    )
    at_least = None
    if request.keep_if is not None:
        at_least = request.keep_if.at_least
        words = f"{len(gathered.candidates)} answers are being graded."
        await asyncio.to_thread(note, words)
        graders = context.grader_context_of(row.project_id)
        grader = await build_grader(request.keep_if.grader, graders, param="keep_if.grader")
        gathered.candidates = await scored(grader, gathered.candidates)
    choice = choose(gathered.candidates, at_least=at_least, deduplicate=request.deduplicate)
    counts = with_unanswered(counts_of(gathered, choice), unanswered)
    try:
        dataset = divided(choice.kept, validation=request.validation, seed=request.seed)
    except UnderstudyError as error:
        # The counts say why so few are left.
        wire = counts.model_dump(mode="json")
        await asyncio.to_thread(fail, database, hold, error.message, wire)
        raise LeaseLostError(f"{row.id} has failed.") from error
    await asyncio.to_thread(make_files_and_job, context.steps, hold, request, dataset, counts)


def _answers(
    context: DistillContext, row: DistillationRow, request: CreateDistillation
) -> Iterator[Captured]:
    """Return the answers to learn from; those to questions as the student shall give them."""
    source = request.source
    if not isinstance(source, Questions):
        return answers_of(context.database, row.project_id, request)
    given = read_answers_of(context.database, row.project_id, pairs_of(row), limit=MAX_ANSWERS)
    return (without_instructions(each, source) for each in given)


async def _trained(context: DistillContext, row: DistillationRow) -> str:
    """Return the name of the student once its job has succeeded; raises UnderstudyError if not."""
    while True:
        student = await asyncio.to_thread(student_of, context.database, row)
        if student is not None:
            return student
        await asyncio.sleep(_POLL_SECONDS)


async def _compare(
    context: DistillContext, hold: Hold[DistillationRow], row: DistillationRow, student: str
) -> None:
    evaluating = DistillationStatus.EVALUATING
    words = "Teacher, base and student are compared on what was held out."
    await asyncio.to_thread(record_step, context.database, hold, evaluating, words)
    held_out = await asyncio.to_thread(held_out_rows, context.steps, row)
    if row.eval_id is None:
        request = CreateDistillation.model_validate(row.request)
        graders = context.grader_context_of(row.project_id)
        await make_eval(context.steps, hold, request, held_out, graders)
        row = await asyncio.to_thread(current, context.database, hold)
    if not row.runs:
        await asyncio.to_thread(make_runs, context.steps, hold, row, held_out, student)
        row = await asyncio.to_thread(current, context.database, hold)
    while not await asyncio.to_thread(have_runs_ended, context.database, row):
        await asyncio.sleep(_POLL_SECONDS)
    remotes = context.steps.served.catalogue().remotes
    result = await asyncio.to_thread(outcome_of, context.database, row, held_out, remotes)
    await asyncio.to_thread(complete, context.database, hold, result.model_dump(mode="json"))
