"""Server-sent events, and work that ends when the client that asked for it is gone."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse

from understudy.errors import UnderstudyError
from understudy.server.http.errors import error_envelope
from understudy.server.http.event_stream_response import EventStreamResponse
from understudy.storage.answers.events import WrittenEvent

Result = TypeVar("Result")
Event = TypeVar("Event")


async def unless_disconnected(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """Return the result of `work`; when the client leaves first, cancel it.

    Raises ClientDisconnect then. The request's body must have been read.
    """
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def event_stream(
    request: Request, events: AsyncGenerator[BaseModel, None]
) -> StreamingResponse:
    """Return an answer that sends `events` as they come and then `[DONE]`.

    Waits for the first event, so that what fails before it is an ordinary error answer.
    """
    return await _stream(request, events, _lines)


async def named_event_stream(
    request: Request, events: AsyncGenerator[WrittenEvent, None]
) -> StreamingResponse:
    """Return an answer that sends `events`, which have names, and nothing after them.

    Waits for the first event, so that what fails before it is an ordinary error answer.
    """
    return await _stream(request, events, _named_lines)


async def _stream(
    request: Request,
    events: AsyncGenerator[Event, None],
    write: Callable[[Sequence[Event], AsyncGenerator[Event, None]], AsyncIterator[str]],
) -> StreamingResponse:
    try:
        first = await unless_disconnected(request, _first(events))
    except BaseException:
        await events.aclose()
        raise
    return EventStreamResponse(
        write(first, events),
        media_type="text/event-stream; charset=utf-8",
        headers={"cache-control": "no-cache", "x-accel-buffering": "no"},
    )


async def _lines(
    first: Sequence[BaseModel], events: AsyncGenerator[BaseModel, None]
) -> AsyncIterator[str]:
    async with aclosing(events):
        for event in first:
            yield _line(event)
        try:
            async for event in events:
                yield _line(event)
        except UnderstudyError as error:
            yield _line(error_envelope(error))
            return
        yield "data: [DONE]\n\n"


async def _named_lines(
    first: Sequence[WrittenEvent], events: AsyncGenerator[WrittenEvent, None]
) -> AsyncIterator[str]:
    async with aclosing(events):
        for event in first:
            yield _named_line(event)
        async for event in events:
            yield _named_line(event)


def _line(event: BaseModel) -> str:
    return f"data: {event.model_dump_json()}\n\n"


def _named_line(event: WrittenEvent) -> str:
    return f"event: {event.type}\ndata: {event.data}\n\n"


async def _first(events: AsyncGenerator[Event, None]) -> list[Event]:
    """Return the first event, alone; none when there are none at all."""
    async for event in events:
        return [event]
    return []


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
