"""How values travel on the engine's socket: length-prefixed JSON, and errors by their type."""

import asyncio
import json
import struct
from collections.abc import Mapping
from typing import Any

from understudy.errors import (
    InvalidRequestError,
    NotFoundError,
    OverloadedError,
    UnavailableError,
    UnderstudyError,
)

MAX_FRAME_BYTES = 64 * 1024 * 1024
"""A prompt of millions of tokens still fits; anything longer is not one of our frames."""

_LENGTH = struct.Struct(">I")


class FrameTooLongError(Exception):
    """The other end announced more bytes than a frame may have; the stream cannot be resumed."""


class MalformedFrameError(Exception):
    """The frame is not JSON; the one after it can still be read."""


def encode_frame(value: object) -> bytes:
    """Return the bytes of one frame."""
    body = json.dumps(value, separators=(",", ":")).encode()
    return _LENGTH.pack(len(body)) + body


async def read_frame(reader: asyncio.StreamReader) -> Any:
    """Return the next value from the stream.

    Raises:
        asyncio.IncompleteReadError: The other end closed the stream.
        FrameTooLongError: The stream is out of step and must be closed.
        MalformedFrameError: This frame is unreadable, the next one may be fine.
    """
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    if length > MAX_FRAME_BYTES:
        raise FrameTooLongError(f"A frame of {length} bytes is over {MAX_FRAME_BYTES}.")
    body = await reader.readexactly(length)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise MalformedFrameError(str(problem)) from problem


def error_to_json(error: UnderstudyError) -> Mapping[str, Any]:
    """Write an error so that `error_from_json` raises the same one at the other end."""
    common = {"message": error.message, "code": error.code, "param": error.param}
    match error:
        case OverloadedError():
            retry = error.retry_after_seconds
            return {"type": "overloaded", "retry_after_seconds": retry, **common}
        case UnavailableError():
            retry = error.retry_after_seconds
            return {"type": "unavailable", "retry_after_seconds": retry, **common}
        case NotFoundError():
            return {"type": "not_found", **common}
        case InvalidRequestError():
            return {"type": "invalid_request", **common}
        case _:
            raise AssertionError(f"{type(error).__name__} is not an error of the engine")


def error_from_json(value: Mapping[str, Any]) -> UnderstudyError:
    """Read what `error_to_json` wrote."""
    message, code, param = value["message"], value["code"], value["param"]
    match value["type"]:
        case "overloaded":
            return OverloadedError(message, retry_after_seconds=value["retry_after_seconds"])
        case "unavailable":
            return UnavailableError(message, retry_after_seconds=value["retry_after_seconds"])
        case "not_found":
            return NotFoundError(message, code=code, param=param)
        case _:
            return InvalidRequestError(message, code=code, param=param)
