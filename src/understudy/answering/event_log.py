"""The events of one response that is being made, for any number of readers at once."""

import asyncio
from collections.abc import AsyncGenerator, Iterable

from understudy.storage.response_events import WrittenEvent


class EventLog:
    """Grows until it is ended; every reader gets every event, from wherever it begins."""

    def __init__(self) -> None:
        self.is_ended = False
        self._events: list[WrittenEvent] = []
        self._changed = asyncio.Event()

    def add(self, events: Iterable[WrittenEvent]) -> None:
        """Add events, and wake the readers."""
        self._events += events
        self._wake()

    def end(self) -> None:
        """Let the readers go once they have read everything."""
        self.is_ended = True
        self._wake()

    def since(self, count: int) -> list[WrittenEvent]:
        """Return the events behind the first `count`."""
        return self._events[count:]

    async def follow(self, after: int) -> AsyncGenerator[WrittenEvent, None]:
        """Yield the events that follow the event of a number, until the log is ended."""
        # Events are numbered from 0 without gaps.
        read = max(0, after + 1)
        while True:
            changed = self._changed
            for event in self.since(read):
                read += 1
                yield event
            if self.is_ended and read >= len(self._events):
                return
            if changed is self._changed:
                await changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
