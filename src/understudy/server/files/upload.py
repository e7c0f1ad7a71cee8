"""One uploaded file with its form fields, written to the blob store while it arrives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from understudy.errors import InvalidRequestError, PayloadTooLargeError
from understudy.schemas.files.files import MAX_FILE_BYTES
from understudy.server.http.filenames import safe_filename
from understudy.server.http.multipart import PartBegin, PartData, PartEnd, part_events
from understudy.server.http.whole_number import whole_number
from understudy.storage.blobs import Blob, BlobStore, BlobWriter
from understudy.wording import worded

_MAX_FIELD_BYTES = 1024
# What a form may have around its file: headers, boundaries and the other fields.
_FORM_OVERHEAD_BYTES = 64 * 1024
# Each write hops to a thread; the network brings pieces too small to be worth it.
_WRITE_BYTES = 1024 * 1024

FieldCheck = Callable[[str, str], None]
"""Takes a field's name and value, and raises InvalidRequestError for what it does not want."""


@dataclass(frozen=True, kw_only=True)
class WantedFile:
    """The part of a form that is stored."""

    field: str = "file"
    max_bytes: int = MAX_FILE_BYTES
    too_large: str = (
        f"The file is too large: a file may have at most 512 MB ({MAX_FILE_BYTES} bytes); larger "
        "ones arrive in parts, by POST /v1/uploads."
    )

    def refusal(self) -> PayloadTooLargeError:
        """Return the error for more than `max_bytes`."""
        return PayloadTooLargeError(self.too_large, param=self.field)


FILE = WantedFile()
"""A whole file in one form."""


@dataclass(frozen=True, kw_only=True)
class ReceivedUpload:
    """A form that arrived whole; its file is stored, but nothing refers to it yet."""

    fields: Mapping[str, str]
    filename: str
    blob: Blob


async def receive_upload(
    request: Request, blobs: BlobStore, check_field: FieldCheck, wanted: WantedFile
) -> ReceivedUpload:
    """Read a form with the wanted file; the fields may stand before or after it.

    Raises InvalidRequestError, PayloadTooLargeError or StorageFullError; nothing is kept then.
    """
    _check_length(request, wanted)
    receiver = _Receiver(blobs, check_field, wanted)
    try:
        async for event in part_events(request):
            match event:
                case PartBegin():
                    await receiver.begin(event)
                case PartData():
                    await receiver.add(event.data)
                case PartEnd():
                    await receiver.end()
        return receiver.result()
    finally:
        await receiver.close()


def _check_length(request: Request, wanted: WantedFile) -> None:
    """Refuse before the first byte what says of itself that it is too large."""
    most = wanted.max_bytes + _FORM_OVERHEAD_BYTES
    length = whole_number(request.headers.get("content-length", ""), at_most=most + 1)
    if length is not None and length > most:
        raise wanted.refusal()


class _Receiver:
    """Where the parts of a form go."""

    def __init__(self, blobs: BlobStore, check_field: FieldCheck, wanted: WantedFile) -> None:
        self._wanted = wanted
        self._blobs = blobs
        self._check_field = check_field
        self._fields: dict[str, str] = {}
        self._part: str = ""
        self._pending = bytearray()
        self._filename = ""
        self._writer: BlobWriter | None = None
        self._blob: Blob | None = None

    async def begin(self, part: PartBegin) -> None:
        is_second_file = part.name == self._wanted.field and self._writer is not None
        if is_second_file or part.name in self._fields:
            raise InvalidRequestError(
                worded(
                    "files.parameter_given_twice",
                    "The parameter '{name}' is given twice.",
                    name=part.name[:100],
                ),
                param=part.name[:100],
            )
        self._part = part.name
        if part.name == self._wanted.field:
            self._filename = safe_filename(part.filename)
            self._writer = await run_in_threadpool(self._blobs.open_writer, self._wanted.max_bytes)

    async def add(self, data: bytes) -> None:
        self._pending += data
        if self._part == self._wanted.field:
            if len(self._pending) >= _WRITE_BYTES:
                await self._write()
        elif len(self._pending) > _MAX_FIELD_BYTES:
            raise InvalidRequestError(
                worded(
                    "files.string_too_long",
                    "Invalid '{part}': string too long.",
                    part=self._part[:100],
                ),
                param=self._part[:100],
            )

    async def end(self) -> None:
        if self._part == self._wanted.field:
            assert self._writer is not None
            await self._write()
            self._blob = await run_in_threadpool(self._writer.commit)
            return
        value = self._pending.decode("utf-8", "replace")
        self._pending.clear()
        self._check_field(self._part, value)
        self._fields[self._part] = value

    def result(self) -> ReceivedUpload:
        if self._blob is None:
            raise InvalidRequestError(
                worded(
                    "files.missing_required_parameter",
                    "Missing required parameter: '{field}'.",
                    field=self._wanted.field,
                ),
                code="missing_required_parameter",
                param=self._wanted.field,
            )
        return ReceivedUpload(fields=self._fields, filename=self._filename, blob=self._blob)

    async def close(self) -> None:
        """Drop what was not committed."""
        if self._writer is not None and self._blob is None:
            await run_in_threadpool(self._writer.abort)

    async def _write(self) -> None:
        assert self._writer is not None
        data = bytes(self._pending)
        self._pending.clear()
        try:
            await run_in_threadpool(self._writer.write, data)
        except PayloadTooLargeError:
            raise self._wanted.refusal() from None
