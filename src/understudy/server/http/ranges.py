"""Which part of a body a client wants, so that a broken download continues where it stopped."""

import re
from dataclasses import dataclass

from fastapi import Request

from understudy.server.http.whole_number import whole_number

_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")


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
    first, last = (whole_number(end, at_most=length) for end in found.groups())
    if first is None:
        start, stop = length - (last or 0), length
    else:
        start, stop = first, length if last is None else min(length, last + 1)
    return BodyPart(start, stop, is_partial=True) if start < stop else None
