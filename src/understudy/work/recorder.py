"""Finished items to rows, many in one transaction while they come fast."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

_MAX_AT_ONCE = 200
_MAX_WAITING = 1000
# Each transaction waits for the disk; items that come within this time share one.
_PAUSE_SECONDS = 0.05

Item = TypeVar("Item")


class Recorder(Generic[Item]):
    """Takes items from those who finish them; `run` writes until `close`, or raises why not."""

    def __init__(
        self, write: Callable[[Sequence[Item]], None], *, max_waiting: int = _MAX_WAITING
    ) -> None:
        """`write` records items in one transaction, and blocks."""
        self._write = write
        self._items: asyncio.Queue[Item | None] = asyncio.Queue(max_waiting)

    async def put(self, item: Item) -> None:
        """Hand over an item; waits while too many are unwritten."""
        await self._items.put(item)

    async def close(self) -> None:
        """Say that no more items come."""
        await self._items.put(None)

    async def run(self) -> None:
        """Write items as they come; raises what `write` raises."""
        is_open = True
        while is_open:
            batch = [await self._items.get()]
            await asyncio.sleep(_PAUSE_SECONDS)
            while len(batch) < _MAX_AT_ONCE and not self._items.empty():
                batch.append(self._items.get_nowait())
            is_open = None not in batch
            items = [item for item in batch if item is not None]
            if items:
                await asyncio.to_thread(self._write, items)


def first_of(problems: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the problem that a group of tasks ended with; the others were cancelled for it."""
    first = problems.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first
