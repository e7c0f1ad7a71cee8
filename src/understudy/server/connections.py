"""HTTP connections on which the head of a request has to arrive in time, and to be one."""

import asyncio
import sys
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from understudy.errors import InvalidRequestError
from understudy.server.http.errors import error_response
from understudy.wording import worded

HEAD_SECONDS = 60.0
"""A head is a few kilobytes; whoever takes longer only holds the connection."""
HEAD_BYTES = 64 * 1024
"""Of the first line and the headers of a request."""

_LAST = (b"connection", b"close")
_TOO_LONG = InvalidRequestError(
    worded(
        "http.head_too_long",
        "The address and the headers of this request are larger than {kilobytes} KB together. "
        "Send what is long in the body.",
        kilobytes=HEAD_BYTES // 1024,
    ),
    code="request_header_fields_too_large",
)
_NO_REQUEST = InvalidRequestError(
    worded(
        "http.no_request",
        "This is no HTTP request that can be read. If it is one of TLS, use http:// in the "
        "address, or the address of the proxy that speaks TLS for this server.",
    )
)


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

    def send_400_response(self, msg: str) -> None:
        """Say in the envelope what is wrong with a request that is none, and hang up."""
        problem = sys.exception()
        is_too_long = (
            isinstance(problem, h11.RemoteProtocolError)
            and problem.error_status_hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        )
        answer = error_response(_TOO_LONG if is_too_long else _NO_REQUEST)
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if is_too_long else answer.status_code
        head = h11.Response(status_code=status, headers=[*answer.raw_headers, _LAST])
        for event in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event))
        self.transport.close()

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
