"""How much of this machine's time each of several calls takes that are answered together."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager


class Share:
    """What one call took."""

    seconds = 0.0
    """Known once the call has ended."""


class MachineTime:
    """Divides the time in which calls are answered among those that are under way at each moment.

    The shares of all calls add up to the time in which there was at least one. It says what a call
    costs a machine that is kept busy, and not how long one waits for it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._active = 0
        self._since = 0.0
        self._each = 0.0
        """What a call would have got that was under way all the time."""

    @contextmanager
    def call(self) -> Generator[Share]:
        """Count a call from here to the end of the block."""
        share = Share()
        begun = self._move(+1)
        try:
            yield share
        finally:
            share.seconds = self._move(-1) - begun

    def _move(self, calls: int) -> float:
        now = self._clock()
        if self._active:
            self._each += (now - self._since) / self._active
        self._since = now
        self._active += calls
        return self._each
