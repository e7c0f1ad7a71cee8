"""One response that is made in the background, from its begin to its end in the database."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import aclosing, suppress

from sqlalchemy.exc import SQLAlchemyError

from understudy.answering.asking import Patience, generate_patiently
from understudy.answering.decoding import AnswerEnd
from understudy.answering.generation import Pieces
from understudy.answering.prompt import AnyPrompt
from understudy.answering.responses.event_log import EventLog
from understudy.answering.responses.plan import ResponsePlan
from understudy.answering.responses.stored import token_history, write_end
from understudy.answering.responses.writer import ResponseWriter, written
from understudy.errors import UnderstudyError
from understudy.inference.client import EngineClient
from understudy.logs import place_of
from understudy.schemas.responses.events import ResponseEvent
from understudy.schemas.responses.objects import ENDED, ResponseObject
from understudy.storage.answers.events import WrittenEvent, append_events
from understudy.storage.answers.responses import lock_unfinished_response
from understudy.storage.database import Database
from understudy.wording import worded

logger = logging.getLogger(__name__)

_FLUSH_SECONDS = 0.1
_PATIENCE = Patience(seconds=600.0)


class _NotWantedError(Exception):
    """The response was cancelled or deleted meanwhile."""


class BackgroundRun:
    """Makes one response; readers of `log` get its events as soon as they are in the database."""

    def __init__(
        self,
        writer: ResponseWriter,
        plan: ResponsePlan,
        prompt: AnyPrompt,
        request_id: str,
        watch: Callable[[Pieces], Pieces],
    ) -> None:
        """`watch` is handed the pieces of the answer and returns them, having seen each."""
        self.id = writer.response.id
        self.log = EventLog()
        self._writer = writer
        self._plan = plan
        self._prompt = prompt
        self._request_id = request_id
        self._watch = watch
        self._end: AnswerEnd | None = None
        self._log_events(writer.create())

    async def make(self, database: Database, engine: EngineClient) -> None:
        """Make the response to its end, whatever that is."""
        try:
            self._log_events(self._writer.begin())
            await self._flush(database)
            await self._answer(database, engine)
        except _NotWantedError:
            return
        except UnderstudyError as error:
            await self._fail(database, error)
        except Exception as error:  # noqa: BLE001 nobody waits for this task: record it and continue
            logger.error("%s failed with %s", self.id, place_of(error))
            await self._fail(
                database,
                UnderstudyError(
                    worded(
                        "chat.server_had_error_try",
                        "The server had an error; try again.",
                    )
                ),
            )

    async def _answer(self, database: Database, engine: EngineClient) -> None:
        is_over = asyncio.Event()
        writing = asyncio.create_task(self._keep_flushing(database, is_over))
        try:
            made = generate_patiently(
                engine, self._plan.answer, self._prompt, self._request_id, _PATIENCE
            )
            async with aclosing(self._watch(made)) as pieces:
                async for piece in pieces:
                    if writing.done():
                        break
                    self._log_events(self._writer.add(piece))
                    if isinstance(piece, AnswerEnd):
                        self._end = piece
        finally:
            is_over.set()
            await writing

    async def _keep_flushing(self, database: Database, is_over: asyncio.Event) -> None:
        while not is_over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_FLUSH_SECONDS):
                    await is_over.wait()
            await self._flush(database)
        # The last events may have come while earlier ones were written.
        await self._flush(database)

    def _log_events(self, events: Iterable[ResponseEvent]) -> None:
        self.log.add(map(written, events))

    async def _fail(self, database: Database, error: UnderstudyError) -> None:
        self._log_events(self._writer.fail(error))
        # What cannot be written now is recorded as failed when its lease has ended.
        with suppress(_NotWantedError, SQLAlchemyError, UnderstudyError):
            await self._flush(database)

    async def _flush(self, database: Database) -> None:
        events = self.log.unkept()
        if events:
            # As it stands with the last of these events: more may come while they are written.
            response, end = self._writer.response, self._end
            await asyncio.to_thread(self._write, database, events, response, end)
            self.log.keep(len(events))

    def _write(
        self,
        database: Database,
        events: list[WrittenEvent],
        response: ResponseObject,
        end: AnswerEnd | None,
    ) -> None:
        with database.write() as session:
            row = lock_unfinished_response(session, self.id)
            if row is None:
                raise _NotWantedError
            if row.is_streamed:
                append_events(session, self.id, events)
            if response.status in ENDED:
                tokens = token_history(self._prompt, end.ids) if end is not None else None
                remote_model = None if end is None else end.remote_model
                write_end(session, row, response, tokens, database.now(session), remote_model)
            elif row.status != response.status:
                row.status = response.status
                row.body = response.model_dump(mode="json")
