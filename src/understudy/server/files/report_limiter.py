"""Reads of stored training files bounded: a few at a time, each within a size and a time."""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from understudy.errors import InvalidRequestError, OverloadedError
from understudy.wording import worded

MAX_FILE_BYTES = 64 * 1024 * 1024
"""A file that is looked at is in memory as a whole, so larger ones are refused."""

_AT_ONCE = 2
_MAX_SECONDS = 90.0
_PIECE_BYTES = 256 * 1024
_RETRY_SECONDS = 2.0

CheckStop = Callable[[], None]

_CHECK = "understudy check"


class ReportLimiter:
    """Limits how many reports are made at once and for how long, so that others are answered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._clock = clock

    @contextmanager
    def turn(self, command: str = _CHECK, *, too_long: str | None = None) -> Generator[CheckStop]:
        """Yield a function that raises when the turn's time is over.

        The error then names the `command` that does the same to a file without a server, or says
        `too_long` where it is about something else. Raises OverloadedError at once when too many
        others work.
        """
        if not self._turns.acquire(blocking=False):
            raise OverloadedError(
                worded(
                    "api.too_much_looked_at",
                    "Too much is being looked at at once; try again in a few seconds.",
                ),
                retry_after_seconds=_RETRY_SECONDS,
            )
        ends_at = self._clock() + _MAX_SECONDS

        def check_stop() -> None:
            if self._clock() > ends_at:
                raise InvalidRequestError(
                    too_long
                    or f"Looking at this file takes more than {_MAX_SECONDS:.0f} seconds; use "
                    f"'{command}' on your machine instead.",
                    code="file_too_large" if too_long is None else "too_many_answers",
                )

        try:
            yield check_stop
        finally:
            self._turns.release()


def pieces_of(path: Path, check_stop: CheckStop, command: str = _CHECK) -> Iterator[bytes]:
    """Yield what a file holds; raises InvalidRequestError for one that is too large to look at.

    The error names the `command` that does the same without a server.
    """
    if path.stat().st_size > MAX_FILE_BYTES:
        raise InvalidRequestError(
            worded(
                "files.files_up_mb_looked",
                "Files of up to {max_file_bytes} MB are looked at here; use "
                "'{command}' on your machine for this one.",
                max_file_bytes=MAX_FILE_BYTES // 1024**2,
                command=command,
            ),
            code="file_too_large",
        )
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            check_stop()
            yield piece
