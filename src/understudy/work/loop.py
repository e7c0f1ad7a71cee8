"""Takes work of several kinds as it comes, some at a time, until the process is to stop."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from understudy.storage.database import Database
from understudy.storage.leases import Leased
from understudy.work.lease import Hold, claim, release_worker
from understudy.work.policy import ExitReason, LeasePolicy

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class WorkKind(Generic[Leased]):
    """One kind of work, and how it is done."""

    policy: LeasePolicy[Leased]
    attempt: Callable[[Hold[Leased]], Coroutine[Any, Any, None]]
    """Works on what is held and records how that ended. What it raises ends the process.

    It may block the event loop where only one attempt is made at a time.
    """


async def take_work(
    database: Database,
    kinds: Sequence[WorkKind[Any]],
    worker_id: str,
    stops: threading.Event,
    *,
    at_once: int,
    idle_seconds: float,
    when_idle: Callable[[], None] = lambda: None,
    predecessor_hung: bool = False,
) -> None:
    """Work until `stops` is set, then end what is not done; each kind has its turn.

    What a predecessor of the same `worker_id` held is taken over first; `predecessor_hung` says how
    that one ended. Where there is nothing to
    do, the rows are looked at again when something was written to the database, asked every
    `idle_seconds`, and once a second, because leases end and waits are over without a write.
    """
    reason = ExitReason.HUNG if predecessor_hung else ExitReason.WORKER_RESTARTED
    for kind in kinds:
        freed = await asyncio.to_thread(release_worker, database, kind.policy, worker_id, reason)
        _log.info("%d row(s) of %s taken over", freed, kind.policy.row.__tablename__)
    running: set[asyncio.Task[None]] = set()
    changes = database.changes()
    look_at = time.monotonic()
    try:
        while not stops.is_set():
            running = _unfinished(running)
            before = len(running)
            # Asked only where there is a place: a change that is seen must be looked at.
            if before < at_once and (changes.since_last_look() or time.monotonic() >= look_at):
                look_at = time.monotonic() + _LOOK_SECONDS
                for kind in kinds:
                    if len(running) < at_once:
                        running |= await _begin(database, kind, worker_id)
            if not running:
                when_idle()
            if len(running) == before:
                await asyncio.sleep(idle_seconds)
    finally:
        changes.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _begin(
    database: Database, kind: WorkKind[Any], worker_id: str
) -> set[asyncio.Task[None]]:
    """Take what waits longest, if anything does."""
    hold = await asyncio.to_thread(claim, database, kind.policy, worker_id)
    if hold is None:
        return set()
    _log.info("%s claimed, epoch %d", hold.id, hold.epoch)
    begun = asyncio.ensure_future(kind.attempt(hold))
    # Only what has started can give its row back when it is cancelled.
    await asyncio.sleep(0)
    return {begun}


def _unfinished(tasks: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    done = {task for task in tasks if task.done()}
    for task in done:
        task.result()
    return tasks - done
