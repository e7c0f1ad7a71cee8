"""How many requests and tokens a minute one remote model is asked for, by one process."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

_WINDOW_SECONDS = 60.0


@dataclass
class Spent:
    """A request that counts towards the limits."""

    at: float
    tokens: int
    """Estimated before the answer, and what it cost afterwards."""


class RateLimit:
    """Lets requests through in the order in which they came, within the limits of a minute."""

    def __init__(
        self,
        *,
        requests_per_minute: int | None,
        tokens_per_minute: int | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._requests = requests_per_minute
        self._tokens = tokens_per_minute
        self._clock = clock
        self._spent: deque[Spent] = deque()
        self._turn = asyncio.Lock()

    async def enter(self, tokens: int) -> Spent:
        """Wait until a request of about so many tokens is within the limits, and count it."""
        async with self._turn:
            while (pause := self.pause_seconds(tokens)) > 0:
                await asyncio.sleep(pause)
            spent = Spent(self._clock(), tokens)
            self._spent.append(spent)
            return spent

    def pause_seconds(self, tokens: int) -> float:
        """Return how long such a request has to wait from now; 0 when it may be sent."""
        now = self._clock()
        while self._spent and self._spent[0].at <= now - _WINDOW_SECONDS:
            self._spent.popleft()
        if not self._spent:
            # What is larger than a whole minute's tokens is sent alone.
            return 0.0
        if self._requests is not None and len(self._spent) >= self._requests:
            return self._until_gone(len(self._spent) - self._requests + 1, now)
        if self._tokens is None:
            return 0.0
        over = sum(spent.tokens for spent in self._spent) + tokens - self._tokens
        leaving = 0
        while over > 0 and leaving < len(self._spent):
            over -= self._spent[leaving].tokens
            leaving += 1
        return self._until_gone(leaving, now) if leaving else 0.0

    def _until_gone(self, count: int, now: float) -> float:
        """Return the time until so many of the oldest requests count no more."""
        return max(self._spent[count - 1].at + _WINDOW_SECONDS - now, 0.001)
