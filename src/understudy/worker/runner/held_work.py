"""Work in the background while its row is held: kept alive, and stopped when the hold is over."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from understudy.errors import StorageFullError, UnavailableError
from understudy.evals.lease import Hold, HoldLostError, heartbeat
from understudy.storage.database import Database
from understudy.storage.leases import Work

_log = logging.getLogger(__name__)

_BEAT_SECONDS = 1.0


async def work_while_held(
    work: Coroutine[Any, Any, None], database: Database, hold: Hold[Work]
) -> None:
    """Do the work while a heartbeat keeps the hold alive.

    Raises HoldLostError as soon as the hold is over, with the work cancelled, and what the work
    raises.
    """
    working = asyncio.ensure_future(work)
    beating = asyncio.ensure_future(_beat(database, hold))
    try:
        await asyncio.wait({working, beating}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise HoldLostError(f"{hold.id} was ended or taken by someone else.")
        working.result()
    finally:
        for task in (working, beating):
            task.cancel()
        await asyncio.gather(working, beating, return_exceptions=True)


async def _beat(database: Database, hold: Hold[Work]) -> None:
    """Return when the hold is over."""
    renewed_at = time.monotonic()
    while True:
        await asyncio.sleep(_BEAT_SECONDS)
        try:
            await asyncio.to_thread(heartbeat, database, hold)
            renewed_at = time.monotonic()
        except HoldLostError:
            return
        except (SQLAlchemyError, StorageFullError, UnavailableError):
            _log.exception("the lease of %s was not renewed", hold.id)
            if time.monotonic() - renewed_at > hold.lease_seconds:
                return
