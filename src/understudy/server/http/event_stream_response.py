"""A streamed answer that is given up when its client does not read it for too long."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.responses import StreamingResponse
from starlette.types import Message, Send

logger = logging.getLogger(__name__)

SEND_SECONDS = 60.0
"""How long one piece may wait until the client has read enough of those before it."""


class EventStreamResponse(StreamingResponse):
    """Server-sent events; ends them without a word when nobody reads."""

    async def stream_response(self, send: Send) -> None:
        """Send all pieces, each within its time.

        A client that reads a byte now and then must hold no row, buffer or socket for ever.
        """

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        pieces = self.body_iterator
        assert isinstance(pieces, AsyncGenerator), "streams are made by generators"
        # Left to the garbage collector, an answer given up would be made for a while longer.
        async with aclosing(pieces):
            try:
                await super().stream_response(send_in_time)
            except TimeoutError:
                logger.warning("a client did not read its stream; it is closed")
