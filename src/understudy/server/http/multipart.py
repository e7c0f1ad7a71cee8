"""Multipart forms as a stream of parts, none of which is ever whole in memory."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from understudy.errors import InvalidRequestError, SlowBodyError
from understudy.wording import worded

_MAX_PAUSE_SECONDS = 60.0
_MIN_BYTES_A_SECOND = 1000
"""On the average, after the first pause."""
_MAX_PARTS = 16
_MAX_LINE_ENDS = 64
"""Of those that may stand after the last boundary."""


@dataclass(frozen=True)
class PartBegin:
    """A part begins; `filename` is None when the client gave none."""

    name: str
    filename: str | None


@dataclass(frozen=True)
class PartData:
    """More bytes of the part that began last."""

    data: bytes


@dataclass(frozen=True)
class PartEnd:
    """The part that began last is complete."""


PartEvent = PartBegin | PartData | PartEnd


async def part_events(request: Request) -> AsyncIterator[PartEvent]:
    """Yield the parts of a form as they arrive.

    Raises InvalidRequestError for a broken form and SlowBodyError for one that does not arrive.
    """
    reader = _Reader(_boundary_of(request))
    async for chunk in _in_time(request.stream()):
        for event in reader.feed(chunk):
            yield event
    if not reader.is_complete:
        raise _broken("it ends before its last part does")


async def _in_time(chunks: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    """Yield what arrives; only the time that is spent waiting for it counts."""
    received, waited = 0, 0.0
    while True:
        slowest = _MAX_PAUSE_SECONDS + received / _MIN_BYTES_A_SECOND
        started_at = time.monotonic()
        try:
            async with asyncio.timeout(min(_MAX_PAUSE_SECONDS, slowest - waited)):
                chunk = await anext(chunks, None)
        except TimeoutError:
            raise SlowBodyError(
                f"The form of this request did not arrive: {received} bytes came, and then too "
                "little for too long. Send it again."
            ) from None
        if chunk is None:
            return
        waited += time.monotonic() - started_at
        received += len(chunk)
        yield chunk


class _Reader:
    """Turns the parser's callbacks into events, in order."""

    def __init__(self, boundary: bytes) -> None:
        self.is_complete = False
        self._closing = b"--" + boundary + b"--"
        self._tail = b""
        self._events: list[PartEvent] = []
        self._pending = bytearray()
        self._parts = 0
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._disposition: bytes | None = None
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part_begin,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_header_begin": self._on_header_begin,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_end": self._on_end,
                },
            )
        except FormParserError as error:
            raise _broken("its boundary is too long") from error

    def feed(self, chunk: bytes) -> list[PartEvent]:
        """Take the next bytes of the body and return what they bring."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _broken("its parts are not separated as they should be") from error
        self._check_end(chunk)
        self._flush()
        events, self._events = self._events, []
        return events

    def _check_end(self, chunk: bytes) -> None:
        """Refuse bytes after the last boundary, which the parser passes over however many come."""
        tail = self._tail + chunk
        self._tail = tail[-len(self._closing) - _MAX_LINE_ENDS :]
        if self.is_complete and not self._tail.rstrip(b"\r\n").endswith(self._closing):
            raise _broken("bytes follow its last boundary")

    def _flush(self) -> None:
        """Join the pieces that the parser cuts data into: it may be one piece for each byte."""
        if self._pending:
            self._events.append(PartData(bytes(self._pending)))
            self._pending.clear()

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise _broken(f"it has more than {_MAX_PARTS} parts")
        self._disposition = None

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._pending += data[start:end]

    def _on_part_end(self) -> None:
        self._flush()
        self._events.append(PartEnd())

    def _on_header_begin(self) -> None:
        self._header_name.clear()
        self._header_value.clear()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        if bytes(self._header_name).lower() == b"content-disposition":
            self._disposition = bytes(self._header_value)

    def _on_headers_finished(self) -> None:
        kind, options = parse_options_header(self._disposition)
        name = options.get(b"name")
        if kind != b"form-data" or name is None:
            raise _broken("a part has no name")
        filename = options.get(b"filename")
        self._events.append(
            PartBegin(
                name.decode("utf-8", "replace"),
                None if filename is None else filename.decode("utf-8", "replace"),
            )
        )

    def _on_end(self) -> None:
        self.is_complete = True


def _boundary_of(request: Request) -> bytes:
    given = request.headers.get("content-type", "")
    kind, options = parse_options_header(given)
    if kind != b"multipart/form-data":
        raise InvalidRequestError(
            worded(
                "api.unsupported_content_type_method_2",
                "Unsupported content type: '{given}'. This method only accepts "
                "'multipart/form-data' requests.",
                given=given[:100],
            ),
            code="unsupported_content_type",
        )
    boundary = options.get(b"boundary")
    if not boundary:
        raise _broken("its content type names no boundary")
    return boundary


def _broken(why: str) -> InvalidRequestError:
    return InvalidRequestError(
        worded(
            "api.we_could_not_parse_2",
            "We could not parse the form of your request: {why}.",
            why=why,
        )
    )
