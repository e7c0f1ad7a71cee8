"""The events of one response that is being made, for any number of readers at once.

Readers get an event once it is stored: whoever resumes a stream after this process has died must
find every event that was sent, or an end whose number is after all of them.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable

from understudy.storage.answers.events import WrittenEvent


class EventLog:
    """Grows until it is ended; every reader gets every event, from wherever it begins."""

    def __init__(self) -> None:
        self.is_ended = False
        self._events: list[WrittenEvent] = []
        self._stored = 0
        self._changed = asyncio.Event()

    def add(self, events: Iterable[WrittenEvent]) -> None:
        """Add events, which no reader gets yet."""
        self._events += events

    def keep(self, count: int) -> None:
        """Note that the next `count` events are stored, and wake the readers."""
        self._stored += count
        self._wake()

    def end(self) -> None:
        """Let the readers go once they have read everything that is stored."""
        self.is_ended = True
        self._wake()

    def unkept(self) -> list[WrittenEvent]:
        """Return the events that are not stored yet."""
        return self._events[self._stored :]

    async def follow(self, after: int) -> AsyncGenerator[WrittenEvent, None]:
        """Yield the events that follow the event of a number, until the log is ended."""
        # Events are numbered from 0 without gaps.
        read = max(0, after + 1)
        while True:
            changed = self._changed
            for event in self._events[read : self._stored]:
                read += 1
                yield event
            if self.is_ended and read >= self._stored:
                return
            if changed is self._changed:
                await changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
