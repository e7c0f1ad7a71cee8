"""One attempt at a batch: validated, asked line by line, written to files; never twice."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from starlette.types import ASGIApp

from understudy.answering.required import required
from understudy.schemas.batches import ENDED, BatchEndpoint, BatchStatus
from understudy.server.batches.asking import LineAsker, LinePatience
from understudy.server.batches.files import write_files
from understudy.server.batches.lines import BatchLine, requests_but
from understudy.server.batches.record import (
    LineAnswer,
    current,
    end,
    fail,
    record_answers,
    start,
    start_finalizing,
)
from understudy.server.batches.validating import GoodInput, validate
from understudy.server.services import InsideCall, Services
from understudy.storage.batches import answered_numbers, delete_answers
from understudy.storage.database import Database
from understudy.storage.tables.batches import BatchRow
from understudy.storage.tables.projects import ProjectRow
from understudy.work.lease import Hold
from understudy.work.recorder import Recorder, first_of

AT_ONCE = 32
"""Lines of all batches that are asked at the same time: enough to fill the rows of a base."""

_MAX_UNWRITTEN = 64


@dataclass(frozen=True, kw_only=True)
class BatchContext:
    """What every batch of one process works with."""

    app: ASGIApp
    services: Services
    """What lines are answered with; its engine lets everybody else go first."""
    patience: LinePatience = field(default_factory=LinePatience)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @property
    def database(self) -> Database:
        """The home's database."""
        return self.services.database


async def work_on_batch(context: BatchContext, hold: Hold[BatchRow]) -> None:
    """Bring a batch to its end; raises LeaseLostError when it was cancelled or taken away."""
    row, now = await asyncio.to_thread(current, context.database, hold)
    if row.status == BatchStatus.VALIDATING:
        if not await _validate(context, hold, row):
            return
        row, now = await asyncio.to_thread(current, context.database, hold)
    ending = BatchStatus.COMPLETED
    if row.status == BatchStatus.CANCELLING:
        ending = BatchStatus.CANCELLED
    elif row.status == BatchStatus.IN_PROGRESS:
        if await _answer_all(context, hold, row, seconds=row.expires_at - now):
            await asyncio.to_thread(start_finalizing, context.database, hold)
        else:
            ending = BatchStatus.EXPIRED
    outputs, errors = await asyncio.to_thread(
        write_files, context.database, context.services.blobs, row, ending
    )
    await asyncio.to_thread(end, context.database, hold, ending, outputs=outputs, errors=errors)
    await asyncio.to_thread(delete_answers, context.database, ENDED)


async def _validate(context: BatchContext, hold: Hold[BatchRow], row: BatchRow) -> bool:
    path = context.services.blobs.stored(row.input_blob)
    check = partial(_check_model, context.services, row.project_id, BatchEndpoint(row.endpoint))
    found = await asyncio.to_thread(validate, path, row.endpoint, check)
    if isinstance(found, GoodInput):
        await asyncio.to_thread(start, context.database, hold, total=found.total, model=found.model)
        return True
    await asyncio.to_thread(fail, context.database, hold, found)
    return False


def _check_model(services: Services, project_id: str, endpoint: BatchEndpoint, model: str) -> None:
    """Look a model up as the routes do, so that 50,000 lines are not refused one by one."""
    match endpoint:
        case BatchEndpoint.RESPONSES | BatchEndpoint.CHAT:
            services.served.find(project_id, required(model, "model"))
        case BatchEndpoint.COMPLETIONS:
            services.served.find_own(project_id, required(model, "model"))
        case BatchEndpoint.EMBEDDINGS:
            services.embeddings.find(required(model, "model"))
        case BatchEndpoint.MODERATIONS:
            pass


async def _answer_all(
    context: BatchContext, hold: Hold[BatchRow], row: BatchRow, *, seconds: float
) -> bool:
    """Answer what is not answered yet; returns whether that was done before the time was over."""
    known, project = await asyncio.to_thread(_known, context.database, row)
    path = context.services.blobs.stored(row.input_blob)
    asker = LineAsker(
        app=context.app,
        call=InsideCall(project=project, services=context.services),
        batch_id=row.id,
        endpoint=row.endpoint,
        patience=context.patience,
        turns=context.turns,
    )
    write = partial(record_answers, context.database, hold)
    recorder = Recorder[LineAnswer](write, max_waiting=_MAX_UNWRITTEN)
    lines = requests_but(path, row.endpoint, known)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(recorder.run())
            is_in_time = await _ask_all(asker, lines, recorder, seconds)
            # What was answered just in time is recorded, and stands in the file of outputs.
            await recorder.close()
    except BaseExceptionGroup as problems:
        raise first_of(problems) from problems
    return is_in_time


async def _ask_all(
    asker: LineAsker, lines: Iterator[BatchLine], recorder: Recorder[LineAnswer], seconds: float
) -> bool:
    reading = asyncio.Lock()

    async def ask_some() -> None:
        while True:
            # One iterator for all: whoever is free takes the next line.
            async with reading:
                line = await asyncio.to_thread(next, lines, None)
            if line is None:
                return
            await recorder.put(await asker.ask(line))

    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as askers:
            for _ in range(AT_ONCE):
                askers.create_task(ask_some())
    except TimeoutError:
        return False
    return True


def _known(db: Database, row: BatchRow) -> tuple[set[int], ProjectRow]:
    with db.read() as session:
        return answered_numbers(session, row.id), session.get_one(ProjectRow, row.project_id)
