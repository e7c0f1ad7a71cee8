"""What is asked of the models, counted by day and key, and written in groups."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from understudy.answering.decoding import AnswerEnd
from understudy.answering.prompt import AnyPrompt
from understudy.answering.remote.prompt import RemotePrompt
from understudy.errors import UnderstudyError
from understudy.ids import unix_now
from understudy.storage.answers.usage import DAY_SECONDS, UsageCount, UsageKey, add_usage
from understudy.storage.database import Database

logger = logging.getLogger(__name__)

_FLUSH_SECONDS = 2.0
_Piece = TypeVar("_Piece")


class UsageCounter:
    """Counts the requests of one process in memory; nothing here delays or fails an answer.

    Counts stand in the database within about two seconds. A process that is killed loses those
    that it had not written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: dict[UsageKey, UsageCount] = {}
        self._flushing: asyncio.Task[None] | None = None

    def of(self, project_id: str, key_id: str | None, model: str) -> "ModelUsage":
        """Return what counts requests to a model with a key; None is no key, but a batch."""
        return ModelUsage(self, project_id, key_id or "", model)

    def add(self, key: UsageKey, count: UsageCount) -> None:
        """Count; called in the event loop."""
        self._counts.setdefault(key, UsageCount()).add(count)
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush_later())

    async def close(self) -> None:
        """Write what is not written yet, and stop."""
        if self._flushing is not None:
            self._flushing.cancel()
            await asyncio.gather(self._flushing, return_exceptions=True)
        await self._flush()

    async def _flush_later(self) -> None:
        while self._counts:
            await asyncio.sleep(_FLUSH_SECONDS)
            await self._flush()

    async def _flush(self) -> None:
        counted, self._counts = self._counts, {}
        if not counted:
            return
        try:
            # Not cancelled half way: what was written would be counted again.
            await asyncio.shield(asyncio.to_thread(self._write, counted))
        except (SQLAlchemyError, UnderstudyError) as error:
            logger.warning("Counting usage failed with %s.", type(error).__qualname__)
            for key, count in counted.items():
                self._counts.setdefault(key, UsageCount()).add(count)

    def _write(self, counted: dict[UsageKey, UsageCount]) -> None:
        with self._database.write() as session:
            add_usage(session, counted)


class ModelUsage:
    """Counts the requests to one model with one key."""

    def __init__(self, counter: UsageCounter, project_id: str, key_id: str, model: str) -> None:
        self._counter = counter
        self._project_id = project_id
        self._key_id = key_id
        self._model = model

    def add(self, *, prompt_tokens: int, completion_tokens: int = 0) -> None:
        """Count one request."""
        day = unix_now() // DAY_SECONDS
        self._counter.add(
            UsageKey(self._project_id, day, self._key_id, self._model),
            UsageCount(
                requests=1, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens
            ),
        )

    async def counted(
        self, pieces: AsyncGenerator[_Piece, None], *, prompt_tokens: int
    ) -> AsyncGenerator[_Piece, None]:
        """Pass an answer's pieces on and count it when it is over, also where the client left.

        Nothing is counted of an answer that failed before its first piece.
        """
        written, has_begun, reported = 0, False, None
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    has_begun = True
                    if isinstance(piece, AnswerEnd):
                        written += len(piece.ids)
                        reported = piece.reported or reported
                    yield piece
        finally:
            if reported is not None:
                prompt_tokens, written = reported.prompt_tokens, reported.completion_tokens
            if has_begun:
                self.add(prompt_tokens=prompt_tokens, completion_tokens=written)


def length_of(prompt: AnyPrompt) -> int:
    """Return how many tokens a prompt has; of a remote model's, its server says it afterwards."""
    return 0 if isinstance(prompt, RemotePrompt) else len(prompt.ids)
