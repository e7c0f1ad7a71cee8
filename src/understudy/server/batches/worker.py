"""Takes batches as they come, in the API's own process, until the server stops."""

import asyncio
import logging
import threading
from dataclasses import replace

from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

from understudy.errors import UnderstudyError
from understudy.inference.protocol import Priority
from understudy.server.batches.record import BATCHES
from understudy.server.batches.running import BatchContext, work_on_batch
from understudy.server.services import Services
from understudy.storage.tables.batches import BatchRow
from understudy.work.attempt import attempt
from understudy.work.lease import Hold
from understudy.work.loop import WorkKind, take_work

_log = logging.getLogger(__name__)

WORKER_ID = "batches-1"
"""The same in every process that succeeds another, so that it frees what that one held."""

_AT_ONCE = 8
_IDLE_SECONDS = 0.25
_PAUSE_SECONDS = 5.0


async def take_batches(app: ASGIApp, services: Services) -> None:
    """Work on batches until cancelled; what is not done is given back then.

    A database that fails is asked again later.
    """
    # Whoever waits for an answer goes first.
    engine = services.engine.at(Priority.BATCH)
    context = BatchContext(app=app, services=replace(services, engine=engine))

    async def work(hold: Hold[BatchRow]) -> None:
        await attempt(services.database, hold, work_on_batch(context, hold))

    kinds = [WorkKind(policy=BATCHES, attempt=work)]
    never = threading.Event()
    try:
        while True:
            try:
                await take_work(
                    services.database,
                    kinds,
                    WORKER_ID,
                    never,
                    at_once=_AT_ONCE,
                    idle_seconds=_IDLE_SECONDS,
                )
            except (OSError, SQLAlchemyError, UnderstudyError) as error:
                _log.warning("Taking batches failed with %s.", type(error).__qualname__)
            await asyncio.sleep(_PAUSE_SECONDS)
    finally:
        await engine.close()
