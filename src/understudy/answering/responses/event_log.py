"""The events of one response that is being made, for any number of readers at once.

Readers are told of an event once it is kept: whoever takes a stream up again after this process
has died must find every event that was told, or an end whose number is behind all of them.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable

from understudy.storage.answers.events import WrittenEvent


class EventLog:
    """Grows until it is ended; every reader gets every event, from wherever it begins."""

    def __init__(self) -> None:
        self.is_ended = False
        self._events: list[WrittenEvent] = []
        self._kept = 0
        self._changed = asyncio.Event()

    def add(self, events: Iterable[WrittenEvent]) -> None:
        """Add events, which nobody is told of yet."""
        self._events += events

    def keep(self, count: int) -> None:
        """Take note that the next `count` events are kept, and wake the readers."""
        self._kept += count
        self._wake()

    def end(self) -> None:
        """Let the readers go once they have read everything that is kept."""
        self.is_ended = True
        self._wake()

    def unkept(self) -> list[WrittenEvent]:
        """Return the events that are not kept yet."""
        return self._events[self._kept :]

    async def follow(self, after: int) -> AsyncGenerator[WrittenEvent, None]:
        """Yield the events that follow the event of a number, until the log is ended."""
        # Events are numbered from 0 without gaps.
        read = max(0, after + 1)
        while True:
            changed = self._changed
            for event in self._events[read : self._kept]:
                read += 1
                yield event
            if self.is_ended and read >= self._kept:
                return
            if changed is self._changed:
                await changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
