"""Finished items to rows, many in one transaction while they come fast."""

import asyncio

from understudy.evals.recording import NewItem, record_items
from understudy.storage.database import Database
from understudy.storage.tables.evals import EvalRunRow
from understudy.work.lease import Hold

_MAX_AT_ONCE = 200
_MAX_WAITING = 1000
# Each transaction waits for the disk; items that come within this time share one.
_PAUSE_SECONDS = 0.05


class ItemRecorder:
    """Takes items from those who finish them; `run` writes until `close`, or raises why not."""

    def __init__(self, database: Database, hold: Hold[EvalRunRow]) -> None:
        self._database = database
        self._hold = hold
        self._items: asyncio.Queue[NewItem | None] = asyncio.Queue(_MAX_WAITING)

    async def put(self, item: NewItem) -> None:
        """Hand over an item; waits while too many are unwritten."""
        await self._items.put(item)

    async def close(self) -> None:
        """Say that no more items come."""
        await self._items.put(None)

    async def run(self) -> None:
        """Write items as they come; raises LeaseLostError once the run is someone else's."""
        is_open = True
        while is_open:
            batch = [await self._items.get()]
            await asyncio.sleep(_PAUSE_SECONDS)
            while len(batch) < _MAX_AT_ONCE and not self._items.empty():
                batch.append(self._items.get_nowait())
            is_open = None not in batch
            items = [item for item in batch if item is not None]
            if items:
                await asyncio.to_thread(record_items, self._database, self._hold, items)
