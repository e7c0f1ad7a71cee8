"""Several async streams read as one, each item as soon as it is there."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

Item = TypeVar("Item")


async def merge(
    sources: Sequence[AsyncGenerator[Item, None]], *, at_once: int
) -> AsyncGenerator[Item, None]:
    """Yield the items of all `sources`, of which at most `at_once` are open at a time.

    The order within a source is kept. The first failure ends everything; closing the merged
    stream closes every source.
    """
    if len(sources) == 1:
        # The usual case needs no task for every item.
        async with aclosing(sources[0]) as source:
            async for item in source:
                yield item
        return
    waiting = list(reversed(sources))
    running: dict[asyncio.Task[Item | None], AsyncGenerator[Item, None]] = {}

    def read_on(source: AsyncGenerator[Item, None]) -> None:
        running[asyncio.ensure_future(_next(source))] = source

    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                read_on(waiting.pop())
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                source = running.pop(task)
                item = task.result()
                if item is not None:
                    read_on(source)
                    yield item
    finally:
        # A task of its own: a reader that was cancelled is cancelled again at its next wait.
        await asyncio.shield(asyncio.create_task(_close(running, sources)))


async def _next(source: AsyncGenerator[Item, None]) -> Item | None:
    return await anext(source, None)


async def _close(
    running: Iterable[asyncio.Task[Any]], sources: Iterable[AsyncGenerator[Any, None]]
) -> None:
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for source in sources:
        await source.aclose()
