"""Responses that are made in the background, and streams of them that can be taken up again."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress

from sqlalchemy.exc import SQLAlchemyError

from understudy.answering.responses.background_run import BackgroundRun
from understudy.answering.responses.stored import fail_orphans, fail_row
from understudy.errors import OverloadedError, UnderstudyError
from understudy.inference.client import EngineClient
from understudy.schemas.responses.objects import ENDED
from understudy.storage.answers.events import WrittenEvent, events_after
from understudy.storage.answers.responses import (
    lock_unfinished_response,
    renew_leases,
    response_of_id,
)
from understudy.storage.database import Database
from understudy.storage.leases import has_expired
from understudy.wording import worded

logger = logging.getLogger(__name__)

LEASE_SECONDS = 15.0
"""How long a row that is being made belongs to a process that is not heard of."""

_RENEWAL_SECONDS = 5.0
_AT_ONCE = 8
_MAX_WAITING = 256
_POLL_SECONDS = 0.25


class BackgroundResponses:
    """Makes responses whose clients do not wait, a few at a time.

    Every row that is being made carries a lease of this process, renewed for all of them at once;
    what is left by a process that is gone is found by its lease, as everywhere, and recorded as
    failed. There is no claim and no epoch as in `work/lease`: only the process that accepted a
    response can make it, so nobody ever takes one over, and its writes are fenced by its status.
    """

    def __init__(self, database: Database, engine: EngineClient) -> None:
        self._database = database
        self._engine = engine
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._runs: dict[str, BackgroundRun] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._renewing: asyncio.Task[None] | None = None

    def check_room(self) -> None:
        """Raise OverloadedError when too many responses wait already."""
        if len(self._runs) >= _AT_ONCE + _MAX_WAITING:
            raise OverloadedError(
                worded(
                    "chat.too_many_background_responses",
                    "Too many background responses are waiting; try again later.",
                ),
                retry_after_seconds=_RENEWAL_SECONDS,
            )

    async def start(
        self, run: BackgroundRun, insert: Callable[[Sequence[WrittenEvent]], None]
    ) -> None:
        """Make a response; `insert` blocks, and records its row with its first events."""
        self._runs[run.id] = run
        try:
            begun = run.log.unkept()
            await asyncio.to_thread(insert, begun)
            run.log.keep(len(begun))
        except BaseException:
            del self._runs[run.id]
            raise
        self._tasks[run.id] = asyncio.create_task(self._make(run))
        if self._renewing is None:
            self._renewing = asyncio.create_task(self._renew())

    def stop_soon(self, response_id: str) -> None:
        """Make no more of a response that was cancelled or deleted; for any thread."""
        if task := self._tasks.get(response_id):
            task.get_loop().call_soon_threadsafe(task.cancel)

    async def events(self, response_id: str, after: int) -> AsyncGenerator[WrittenEvent, None]:
        """Yield the events after one of a number, to the response's end, whoever makes it."""
        if run := self._runs.get(response_id):
            async with aclosing(run.log.follow(after)) as events:
                async for event in events:
                    yield event
            return
        while True:
            is_ended, found = await asyncio.to_thread(self._read, response_id, after)
            for event in found:
                after = event.sequence_number
                yield event
            if is_ended:
                return
            await asyncio.sleep(_POLL_SECONDS)

    async def close(self) -> None:
        """Stop; what is being made is recorded as failed."""
        unfinished = list(self._runs)
        tasks = [task for task in (*self._tasks.values(), self._renewing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if unfinished:
            with suppress(SQLAlchemyError, UnderstudyError):
                await asyncio.to_thread(self._fail, unfinished)

    async def _make(self, run: BackgroundRun) -> None:
        try:
            async with self._turns:
                await run.make(self._database, self._engine)
        finally:
            run.log.end()
            del self._runs[run.id], self._tasks[run.id]

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEWAL_SECONDS)
            held = list(self._tasks)
            if not held:
                continue
            try:
                wanted = await asyncio.to_thread(self._renew_once, held)
            except (SQLAlchemyError, UnderstudyError) as error:
                logger.warning("Renewing leases failed with %s.", type(error).__qualname__)
                continue
            for response_id in set(held) - wanted:
                self.stop_soon(response_id)

    def _renew_once(self, held: Sequence[str]) -> set[str]:
        with self._database.write() as session:
            return renew_leases(session, held, self._database.now(session) + LEASE_SECONDS)

    def _read(self, response_id: str, after: int) -> tuple[bool, list[WrittenEvent]]:
        with self._database.read() as session:
            row = response_of_id(session, response_id)
            if row is None or not has_expired(row, self._database.now(session)):
                events = events_after(session, response_id, after)
                return row is None or row.status in ENDED, events
        fail_orphans(self._database)
        return False, []

    def _fail(self, response_ids: Sequence[str]) -> None:
        with self._database.write() as session:
            now = self._database.now(session)
            for response_id in response_ids:
                if row := lock_unfinished_response(session, response_id):
                    fail_row(session, row, "The server was stopped; create it again.", now)
