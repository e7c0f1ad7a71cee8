"""A response as a client waits for it: whole, or event by event."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from understudy.answering.decoding import AnswerEnd
from understudy.answering.generation import Pieces
from understudy.answering.responses.writer import ResponseWriter, written
from understudy.errors import UnderstudyError
from understudy.schemas.responses.objects import ResponseObject
from understudy.storage.answers.events import WrittenEvent

OnWhole = Callable[[ResponseObject, AnswerEnd], Awaitable[None]]
"""What is done with a response that is whole before its client learns of its end."""


async def whole_response(
    writer: ResponseWriter, pieces: Pieces, on_whole: OnWhole
) -> ResponseObject:
    """Collect a response to its end."""
    async with aclosing(pieces):
        async for piece in pieces:
            for _ in writer.add(piece):
                pass
            if isinstance(piece, AnswerEnd):
                await on_whole(writer.response, piece)
    return writer.response


async def response_events(
    writer: ResponseWriter, pieces: Pieces, on_whole: OnWhole
) -> AsyncGenerator[WrittenEvent, None]:
    """Yield the events of a response.

    Nothing is sent before the answer begins, so that what fails before it is an ordinary error.
    What fails later ends the stream with an event that says so.
    """
    async with aclosing(pieces):
        piece = await anext(pieces)
        for event in (*writer.create(), *writer.begin()):
            yield written(event)
        try:
            while True:
                events = list(writer.add(piece))
                if isinstance(piece, AnswerEnd):
                    await on_whole(writer.response, piece)
                for event in events:
                    yield written(event)
                if isinstance(piece, AnswerEnd):
                    return
                piece = await anext(pieces)
        except UnderstudyError as error:
            for event in writer.fail(error):
                yield written(event)
