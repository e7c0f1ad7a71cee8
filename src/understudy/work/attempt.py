"""One attempt at asynchronous work, from its claim to its end, whatever happens in between."""

import asyncio
import logging
from collections.abc import Coroutine
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from understudy.errors import UnderstudyError
from understudy.storage.database import Database
from understudy.work.heartbeat import Heartbeat
from understudy.work.lease import Hold, LeaseLostError, heartbeat, release
from understudy.work.policy import ExitReason

_log = logging.getLogger(__name__)


async def attempt(database: Database, hold: Hold[Any], work: Coroutine[Any, Any, None]) -> None:
    """Work while the hold is kept alive; what is not finished is given back, saying why."""
    try:
        await _work_while_held(database, hold, work)
        _log.info("%s is done", hold.id)
    except LeaseLostError as error:
        _log.info("nothing more is written: %s", error.message)
    except asyncio.CancelledError:
        await _give_back(database, hold, ExitReason.WORKER_STOPPED)
        raise
    except Exception:  # noqa: BLE001 - the outer edge: recorded, and tried again later
        _log.exception("the attempt at %s ended", hold.id)
        await _give_back(database, hold, ExitReason.INFRASTRUCTURE)


async def _work_while_held(
    database: Database, hold: Hold[Any], work: Coroutine[Any, Any, None]
) -> None:
    """Raise LeaseLostError as soon as the hold is over, with the work cancelled."""
    loop, is_lost = asyncio.get_running_loop(), asyncio.Event()
    renew = partial(heartbeat, database, hold)
    beating = Heartbeat(hold, renew, partial(loop.call_soon_threadsafe, is_lost.set))
    beating.start()
    working, losing = asyncio.ensure_future(work), asyncio.ensure_future(is_lost.wait())
    try:
        await asyncio.wait({working, losing}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise LeaseLostError(f"{hold.id} was ended or taken by someone else.")
        working.result()
    finally:
        for task in (working, losing):
            task.cancel()
        await asyncio.gather(working, losing, return_exceptions=True)
        await asyncio.to_thread(beating.stop)


async def _give_back(database: Database, hold: Hold[Any], reason: ExitReason) -> None:
    try:
        await asyncio.to_thread(release, database, hold, reason)
    except (SQLAlchemyError, UnderstudyError):
        _log.warning("%s was not given back; without a heartbeat its lease ends", hold.id)
