"""Reads the rest of a refused body away, so that its sender gets to see the answer."""

import asyncio

from fastapi import Request
from starlette.requests import ClientDisconnect

_MAX_BYTES = 1024 * 1024 * 1024
_MAX_SECONDS = 60.0


async def drain(request: Request) -> None:
    """Read what the client still sends, up to a bound of bytes and time.

    Closing a connection on unread bytes resets it, and a reset can overtake the answer: the
    client would see a broken connection, and try again.
    """
    if "expect" in request.headers:
        # The client waits for leave to send its body; asking for the body would give it.
        return
    try:
        async with asyncio.timeout(_MAX_SECONDS):
            await _discard(request)
    except (TimeoutError, ClientDisconnect):
        return


async def _discard(request: Request) -> None:
    left = _MAX_BYTES
    try:
        async for chunk in request.stream():
            left -= len(chunk)
            if left < 0:
                return
    except RuntimeError:
        # So the request says that its stream has been read to the end already.
        return
