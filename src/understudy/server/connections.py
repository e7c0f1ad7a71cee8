"""HTTP connections on which the head of a request has to arrive in time."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 60.0
"""A head is a few kilobytes; whoever takes longer only holds the connection."""


class BoundedConnection(H11Protocol):
    """Closes itself when a head is not whole in time, also one of which nothing came.

    Bodies have limits of their own, and a connection between two requests has uvicorn's.
    """

    _waiting: asyncio.TimerHandle | None = None
    _before_a_head: Any = None
    """What h11 calls this state, which no other one is."""

    def connection_made(  # pyright: ignore[reportIncompatibleMethodOverride]  as uvicorn's own
        self, transport: asyncio.Transport
    ) -> None:
        """Wait for the first head."""
        super().connection_made(transport)
        self._before_a_head = self.conn.their_state
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take bytes, of which the first after a whole request begin another head."""
        super().data_received(data)
        is_head_whole = self.conn.their_state is not self._before_a_head
        if is_head_whole:
            self._stop_waiting()
        elif self._waiting is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._waiting = None
        # Whoever sends one byte after the other would not read an answer either.
        self.transport.close()
