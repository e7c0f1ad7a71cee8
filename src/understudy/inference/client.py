"""The async client of the engine process: many requests over one connection that heals itself."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from understudy.errors import UnavailableError
from understudy.inference.frames import (
    FrameTooLongError,
    MalformedFrameError,
    encode_frame,
    error_from_json,
    error_to_json,
    read_frame,
)
from understudy.inference.protocol import (
    EngineStats,
    Event,
    FinishEvent,
    GenerateRequest,
    Json,
    Priority,
    event_from_json,
    request_to_json,
    stats_from_json,
    vectors_from_json,
)

_MAX_UNREAD = 65_536
"""Tokens and likely tokens that one stream may have unread, about 20 MB: its reader is stuck."""


class EngineClient:
    """Asks the engine behind a Unix socket; connects when first used and again after a restart.

    Belongs to one event loop. By its `priority`, what it asks gives way to what others ask. Every
    method raises `UnavailableError` when the engine is starting, restarting or gone; a request in
    flight when the engine dies gets it too.
    """

    def __init__(
        self, socket_path: Path | str, *, priority: Priority = Priority.INTERACTIVE
    ) -> None:
        self._socket_path = str(socket_path)
        self._priority = priority
        self._connection: _Connection | None = None
        self._connecting = asyncio.Lock()

    def at(self, priority: Priority) -> "EngineClient":
        """Return a client of the same engine, with a connection of its own, for other work."""
        return EngineClient(self._socket_path, priority=priority)

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Event, None]:
        """Yield a `StartEvent`, the answer's tokens as they are made and a `FinishEvent`.

        Closing the iterator early, or cancelling the task that reads it, cancels the request: use
        `contextlib.aclosing` when the reader may leave before the end.

        Raises:
            InvalidRequestError: The prompt does not fit (`context_length_exceeded`), or the model
                cannot be served.
            NotFoundError: The base or adapter directory is not there.
            OverloadedError: The engine's queue is full.
            UnavailableError: The engine is not there, or died during the answer.
        """
        connection = await self._connected()
        ranked = replace(request, priority=self._priority)
        async with connection.stream("generate", request=request_to_json(ranked)) as replies:
            while True:
                reply = await replies.get()
                event = event_from_json(_event_of(reply))
                yield event
                if isinstance(event, FinishEvent):
                    replies.is_finished = True
                    return

    async def embed(self, directory: str, texts: Sequence[Sequence[int]]) -> list[list[float]]:
        """Return a vector for each text, whose token ids are given.

        Raises InvalidRequestError when the model cannot be loaded, and UnavailableError.
        """
        connection = await self._connected()
        async with connection.stream("embed", directory=directory, texts=texts) as replies:
            reply = await replies.get()
            replies.is_finished = True
            return vectors_from_json(_event_of(reply))

    async def stats(self) -> EngineStats:
        """Return what the engine holds and does now."""
        connection = await self._connected()
        async with connection.stream("stats") as replies:
            reply = await replies.get()
            replies.is_finished = True
            return stats_from_json(_event_of(reply))

    async def close(self) -> None:
        """Leave; what is in flight is cancelled in the engine."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _connected(self) -> "_Connection":
        async with self._connecting:
            if self._connection is None or self._connection.is_closed:
                self._connection = await _connect(self._socket_path)
            return self._connection


def _event_of(reply: Json) -> Json:
    if "error" in reply:
        raise error_from_json(reply["error"])
    return reply["event"]


def _gone() -> UnavailableError:
    return UnavailableError("The engine stopped during the request; it is being restarted.")


def _too_slow() -> UnavailableError:
    return UnavailableError("The answer was given up because it was not read for too long.")


def _weight(reply: Json) -> int:
    event = reply.get("event", {})
    return 1 + sum(1 + len(token.get("top", ())) for token in event.get("prompt", (event,)))


async def _connect(socket_path: str) -> "_Connection":
    try:
        reader, writer = await asyncio.open_unix_connection(socket_path)
    except OSError as problem:
        raise UnavailableError("The engine is not running yet; it is being started.") from problem
    return _Connection(reader, writer)


class _Replies:
    """What the engine has sent for one stream and nobody has read yet."""

    def __init__(self) -> None:
        self.is_finished = False
        self._queue: asyncio.Queue[Json | None] = asyncio.Queue()
        self._unread = 0

    def put(self, reply: Json | None) -> bool:
        """Add a reply; None says that the connection is gone. Return whether more may come."""
        if reply is not None:
            self._unread += _weight(reply)
        if self._unread > _MAX_UNREAD:
            reply = {"error": error_to_json(_too_slow())}
        self._queue.put_nowait(reply)
        return self._unread <= _MAX_UNREAD

    async def get(self) -> Json:
        reply = await self._queue.get()
        if reply is not None:
            self._unread -= _weight(reply)
        if reply is None:
            self.is_finished = True
            raise _gone()
        if "error" in reply:
            self.is_finished = True
        return reply


class _Connection:
    """One open socket with numbered streams on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._numbers = itertools.count()
        self._streams: dict[int, _Replies] = {}
        self.is_closed = False
        self._reading = asyncio.create_task(self._read(reader))

    @contextlib.asynccontextmanager
    async def stream(self, kind: str, **values: Any) -> AsyncGenerator[_Replies, None]:
        """Open a stream with one frame; leaving before its end cancels it in the engine."""
        number = next(self._numbers)
        replies = self._streams[number] = _Replies()
        try:
            self._send({"stream": number, "kind": kind, **values})
            yield replies
        finally:
            is_open = self._streams.pop(number, None) is not None
            if is_open and not replies.is_finished and not self.is_closed:
                self._send({"stream": number, "kind": "cancel"})

    async def close(self) -> None:
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def _send(self, frame: object) -> None:
        if self.is_closed:
            raise _gone()
        self._writer.write(encode_frame(frame))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                for reply in await read_frame(reader):
                    number = reply["stream"]
                    replies = self._streams.get(number)
                    if replies is not None and not replies.put(reply):
                        del self._streams[number]
                        self._send({"stream": number, "kind": "cancel"})
        except (asyncio.IncompleteReadError, OSError, FrameTooLongError, MalformedFrameError):
            pass
        finally:
            self.is_closed = True
            self._writer.close()
            for replies in self._streams.values():
                replies.put(None)
