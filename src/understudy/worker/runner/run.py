"""One attempt at a run of an eval: what is not recorded yet is answered, graded and recorded."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select

from understudy.answering.asking import Asker
from understudy.answering.shown_images import ShownImages
from understudy.errors import UnderstudyError
from understudy.evals.criteria import in_use
from understudy.evals.questions import question_template_of
from understudy.evals.recording import NewItem, fail, record_items, start
from understudy.evals.rows_file import read_rows
from understudy.graders.base import Grader
from understudy.graders.build import GraderContext, build_grader
from understudy.schemas.evals.graders import MultiGrader, SingleGrader, WireGrader
from understudy.schemas.evals.runs import DataSource, JsonlDataSource
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.evals.evals import get_eval
from understudy.storage.evals.items import done_numbers
from understudy.storage.files.images import ImageLibrary
from understudy.storage.tables.evals import EvalRow, EvalRunRow
from understudy.work.lease import Hold, LeaseLostError
from understudy.work.recorder import Recorder, first_of
from understudy.worker.runner.item import Examination, ModelUnderTest, Todo
from understudy.worker.runner.machine_time import MachineTime

_log = logging.getLogger(__name__)

_SOURCE: TypeAdapter[Any] = TypeAdapter(DataSource)
_GRADER: TypeAdapter[SingleGrader | MultiGrader] = TypeAdapter(WireGrader)

AT_ONCE = 64
"""Items in the making: enough to fill every row of the engine while others are graded."""


@dataclass(frozen=True, kw_only=True)
class RunContext:
    """What every run of one runner works with."""

    database: Database
    blobs: BlobStore
    images: ImageLibrary
    asker: Asker
    grader_context_of: Callable[[str], GraderContext]
    """From a project to what its graders work with."""
    machine: MachineTime = field(default_factory=MachineTime)
    """Shared by all runs, since they share the machine."""


async def run_eval(context: RunContext, hold: Hold[EvalRunRow]) -> None:
    """Work on a run to its end; raises LeaseLostError when it was cancelled, deleted or taken away.

    What no retry would heal ends the run as failed: a model or a judge that is gone.
    """
    run, owner, done = await asyncio.to_thread(_read, context.database, hold)
    try:
        examination = await _prepare(context, run, owner)
    except UnderstudyError as error:
        _log.info("%s failed: %s", hold.id, error.code)
        code = error.code or "invalid_request"
        await asyncio.to_thread(fail, context.database, hold, code, error.message)
        return
    await asyncio.to_thread(start, context.database, hold)
    rows = read_rows(context.blobs.stored(run.rows_blob))
    todo = (
        Todo(number=row_number * run.repeats + repeat, repeat=repeat, row=row)
        for row_number, row in rows
        for repeat in range(run.repeats)
        if row_number * run.repeats + repeat not in done
    )
    recorder = Recorder(partial(record_items, context.database, hold))
    await _examine_all(examination, todo, recorder)


def _read(database: Database, hold: Hold[EvalRunRow]) -> tuple[EvalRunRow, EvalRow, set[int]]:
    """Return the run, its eval, and the numbers of the items that are recorded."""
    with database.read() as session:
        run = session.scalar(select(EvalRunRow).where(EvalRunRow.id == hold.id))
        if run is None:
            raise LeaseLostError(f"{hold.id} was deleted.")
        owner = get_eval(session, run.project_id, run.eval_id)
        return run, owner, done_numbers(session, run.id)


async def _prepare(context: RunContext, run: EvalRunRow, owner: EvalRow) -> Examination:
    """Look everything up that all items share; raises an UnderstudyError for what is gone."""
    graders = context.grader_context_of(run.project_id)
    criteria: dict[str, Grader] = {}
    for criterion in in_use(owner.testing_criteria):
        id_ = criterion["id"]
        wire = _GRADER.validate_python({k: v for k, v in criterion.items() if k != "id"})
        criteria[id_] = await build_grader(wire, graders, param=f"testing_criteria.{id_}")
    return Examination(tested=await _model_under_test(context, run), criteria=criteria)


async def _model_under_test(context: RunContext, run: EvalRunRow) -> ModelUnderTest | None:
    source = _SOURCE.validate_python(run.data_source)
    template = None if isinstance(source, JsonlDataSource) else question_template_of(source)
    if template is None:
        return None
    model = await context.asker.find(run.project_id, template.model)

    def images() -> ShownImages:
        return ShownImages(
            served=context.asker.served,
            library=context.images,
            project_id=run.project_id,
            model=template.model,
        )

    return ModelUnderTest(
        model=model,
        template=template,
        asker=context.asker,
        machine=context.machine,
        images=images,
    )


async def _examine_all(
    examination: Examination, todo: Iterator[Todo], recorder: Recorder[NewItem]
) -> None:
    async def examine_some() -> None:
        # All share one iterator: whoever is free takes the next row.
        for each in todo:
            await recorder.put(await examination.evaluate(each))

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(recorder.run())
            async with asyncio.TaskGroup() as examiners:
                for _ in range(AT_ONCE):
                    examiners.create_task(examine_some())
            await recorder.close()
    except BaseExceptionGroup as problems:
        raise first_of(problems) from problems
