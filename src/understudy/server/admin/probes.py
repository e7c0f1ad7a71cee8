"""Whether what the server needs answers within a short time."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from understudy.errors import UnavailableError, UnderstudyError
from understudy.inference.client import EngineClient
from understudy.inference.protocol import EngineStats
from understudy.storage.database import Database


async def engine_stats(engine: EngineClient, *, patience_seconds: float) -> EngineStats | None:
    """Return what the engine does, or None when it does not answer in time."""
    try:
        async with asyncio.timeout(patience_seconds):
            return await engine.stats()
    except (UnavailableError, TimeoutError):
        return None


async def is_database_there(db: Database, *, patience_seconds: float) -> bool:
    """Say whether the database answers in time."""

    def ask() -> None:
        with db.read() as session:
            db.now(session)

    try:
        async with asyncio.timeout(patience_seconds):
            await run_in_threadpool(ask)
    except (SQLAlchemyError, UnderstudyError, TimeoutError):
        return False
    return True
