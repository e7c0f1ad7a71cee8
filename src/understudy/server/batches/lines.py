"""The lines of a batch's input: one request each, or what is wrong with it."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from understudy.data.files.json_lines import numbered_lines
from understudy.data.files.strict_json import parse_object
from understudy.data.files.unreadable import reason
from understudy.schemas.batches import BatchError

_PIECE_BYTES = 256 * 1024
_QUOTED = 100


@dataclass(frozen=True, kw_only=True)
class BatchLine:
    """One request."""

    number: int
    """Of the line in the file, from 1."""
    custom_id: str
    body: dict[str, Any]

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        return json.dumps(self.body, ensure_ascii=False).encode()


class LineError(Exception):
    """A line is no request of its batch."""

    def __init__(self, number: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.error = BatchError(code=code, message=message, param=param, line=number)


def numbered_texts(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of an input file with their numbers; one is in memory at a time.

    Raises LineTooLongError.
    """
    with path.open("rb") as file:
        yield from numbered_lines(iter(lambda: file.read(_PIECE_BYTES), b""))


def read_line(number: int, text: bytes, endpoint: str) -> BatchLine:
    """Read one line; raises LineError saying what is wrong with it."""
    try:
        value = parse_object(text)
    except ValueError:
        why = reason(text) if text.strip() else "it is empty"
        message = f"This line is not parseable as valid JSON: {why}."
        raise LineError(number, "invalid_json_line", message) from None
    custom_id = _required(number, value, "custom_id", str, "a string")
    method = _required(number, value, "method", str, "a string")
    if method != "POST":
        message = f"Invalid value for 'method': '{method[:_QUOTED]}'. Only 'POST' is supported."
        raise LineError(number, "invalid_method", message, "method")
    url = _required(number, value, "url", str, "a string")
    if url != endpoint:
        message = (
            f"The URL provided for this request, '{url[:_QUOTED]}', does not match the batch "
            f"endpoint, '{endpoint}'."
        )
        raise LineError(number, "invalid_url", message, "url")
    body = _required(number, value, "body", dict, "an object")
    return BatchLine(number=number, custom_id=custom_id, body=cast("dict[str, Any]", body))


def requests_but(path: Path, endpoint: str, numbers: Collection[int]) -> Iterator[BatchLine]:
    """Yield the requests of a file that was validated, without the lines of these numbers."""
    for number, text in numbered_texts(path):
        if number not in numbers:
            yield read_line(number, text, endpoint)


def _required(number: int, value: dict[str, Any], name: str, kind: type, words: str) -> Any:
    found = value.get(name)
    if found is None:
        message = f"Missing required parameter: '{name}'."
        raise LineError(number, "missing_required_parameter", message, name)
    if not isinstance(found, kind):
        message = f"Invalid type for '{name}': expected {words}."
        raise LineError(number, "invalid_type", message, name)
    return found
