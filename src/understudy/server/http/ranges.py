"""Which part of a body a client wants, so that a broken download continues where it stopped."""

import re
from dataclasses import dataclass

from fastapi import Request

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True)
class BodyPart:
    """From `start` up to `stop`, of which `is_partial` says that it is not the whole."""

    start: int
    stop: int
    is_partial: bool


def wanted_part(request: Request, *, length: int, tag: str) -> BodyPart | None:
    """Return the part of a body of `length` bytes that a request asks for; None if it has none.

    A range of another state of the body (`If-Range`), of several parts or of another unit is
    answered with the whole, as RFC 9110 has it.
    """
    header = request.headers.get("range", "")
    condition = request.headers.get("if-range")
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if found is None or found[0] == "bytes=-" or condition not in (None, f'"{tag}"'):
        return BodyPart(0, length, is_partial=False)
    first, last = found[1], found[2]
    if not first:
        start, stop = max(0, length - int(last)), length
    else:
        start, stop = int(first), min(length, int(last) + 1) if last else length
    return BodyPart(start, stop, is_partial=True) if start < stop else None
