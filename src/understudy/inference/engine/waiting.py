"""Rows that wait for a place among those that are computed: the urgent ones first, then by age."""

import time
from collections.abc import Callable, Iterator

from understudy.inference.engine.rows import BatchRow
from understudy.inference.protocol import Priority

MAX_PASSED_OVER_SECONDS = 60.0
"""Who waits for longer is passed over by nobody any more, so that a busy engine starves no one."""

Clock = Callable[[], float]


def priority_after(priority: Priority, waited_seconds: float) -> Priority:
    """Return how urgent something is that has waited for so long."""
    return priority if waited_seconds < MAX_PASSED_OVER_SECONDS else Priority.INTERACTIVE


class WaitingRows:
    """Rows in the order in which they get their places."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._rows: list[BatchRow] = []

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[BatchRow]:
        return iter(self._rows)

    @property
    def first(self) -> BatchRow:
        """The row that is next."""
        return self._rows[0]

    def add(self, row: BatchRow) -> None:
        """Take a row that comes after all that are as urgent."""
        row.waits_since = self._clock()
        place = sum(other.priority <= row.priority for other in self._rows)
        self._rows.insert(place, row)

    def put_back(self, row: BatchRow) -> None:
        """Take a row that had a place already: it comes before all that are as urgent."""
        row.waits_since = self._clock()
        place = sum(other.priority < row.priority for other in self._rows)
        self._rows.insert(place, row)

    def remove(self, row: BatchRow) -> None:
        """Forget a row, or let it have its place."""
        self._rows.remove(row)

    def promote(self) -> None:
        """Make those urgent that were passed over for too long."""
        now = self._clock()
        for row in self._rows:
            row.priority = priority_after(row.priority, now - row.waits_since)
        self._rows.sort(key=lambda row: row.priority)
