"""What the server cleans up while it runs: what has expired, and bytes that nothing names."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from understudy.answering.responses.stored import fail_orphans
from understudy.errors import UnderstudyError
from understudy.schemas.batches import ENDED
from understudy.storage.batches import delete_answers
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.garbage import collect_blobs, delete_expired
from understudy.storage.tables.answers import CompletionRow, ResponseRow
from understudy.storage.tables.model_aliases import ComparisonRow
from understudy.webhooks.deliveries import delete_old_deliveries

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 30.0


async def keep_house(
    database: Database, blobs: BlobStore, *, pause_seconds: float = _PAUSE_SECONDS
) -> None:
    """Clean up now and after every pause, until cancelled; a failure waits for the next time."""
    while True:
        try:
            await run_in_threadpool(delete_expired_answers, database)
            await run_in_threadpool(fail_orphans, database)
            await run_in_threadpool(delete_old_deliveries, database)
            # Of a process that was killed between the files of a batch and this.
            await run_in_threadpool(delete_answers, database, ENDED)
            await run_in_threadpool(collect_blobs, database, blobs)
        except (OSError, SQLAlchemyError, UnderstudyError) as error:
            logger.warning("Cleaning up failed with %s.", type(error).__qualname__)
        await asyncio.sleep(pause_seconds)


def delete_expired_answers(database: Database) -> None:
    """Delete the stored completions, responses and comparisons whose time is over."""
    with database.write() as session:
        now = database.now(session)
        delete_expired(session, CompletionRow, now)
        delete_expired(session, ResponseRow, now)
        delete_expired(session, ComparisonRow, now)
