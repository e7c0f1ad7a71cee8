"""Takes work of several kinds as it comes, some at a time, until the process is to stop."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic

from understudy.evals.lease import (
    Hold,
    HoldLostError,
    Kind,
    claim,
    put_off,
    release,
    release_worker,
)
from understudy.storage.database import Database
from understudy.storage.leases import Work
from understudy.worker.runner.held_work import work_while_held

_log = logging.getLogger(__name__)

WORKER_ID = "runner-1"
"""The same in every process that succeeds another, so that it frees what that one held."""

_AT_ONCE = 4
_IDLE_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Trade(Generic[Work]):
    """One kind of work, and how it is done."""

    kind: Kind[Work]
    work: Callable[[Hold[Work]], Coroutine[Any, Any, None]]

    async def take(self, database: Database) -> asyncio.Task[None] | None:
        """Begin what waits longest, or return None when nothing does."""
        hold = await asyncio.to_thread(claim, database, self.kind, WORKER_ID)
        if hold is None:
            return None
        _log.info("%s claimed, epoch %d", hold.id, hold.epoch)
        return asyncio.ensure_future(self._attempt(database, hold))

    async def _attempt(self, database: Database, hold: Hold[Work]) -> None:
        """Work and record how that ended, whatever happens."""
        try:
            await work_while_held(self.work(hold), database, hold)
            _log.info("%s is done", hold.id)
        except HoldLostError as error:
            _log.info("nothing more is written: %s", error.message)
        except asyncio.CancelledError:
            with suppress(HoldLostError):
                await asyncio.to_thread(release, database, hold)
        except Exception:  # noqa: BLE001 - the outer edge: recorded, and tried again later
            _log.exception("the attempt at %s ended", hold.id)
            with suppress(HoldLostError):
                await asyncio.to_thread(put_off, database, self.kind, hold)


async def take_work(
    database: Database,
    trades: Sequence[Trade[Any]],
    stops: asyncio.Event,
    *,
    idle_seconds: float = _IDLE_SECONDS,
) -> None:
    """Work until `stops` is set, then give everything back that is not done."""
    for trade in trades:
        freed = await asyncio.to_thread(release_worker, database, trade.kind, WORKER_ID)
        _log.info("%d row(s) of %s taken over", freed, trade.kind.row.__tablename__)
    running: set[asyncio.Task[None]] = set()
    while not stops.is_set():
        running = {task for task in running if not task.done()}
        taken = None
        for trade in trades:
            if len(running) < _AT_ONCE:
                taken = await trade.take(database)
                running |= {taken} if taken is not None else set()
        if taken is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(stops.wait(), idle_seconds)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
