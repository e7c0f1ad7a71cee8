"""Reports on stored training files: a few at a time, and none for ever."""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from understudy.data.files.formats import Method
from understudy.data.report.examples import read_file
from understudy.data.report.report import Report
from understudy.data.report.reporting import ReportModel, make_report
from understudy.errors import InvalidRequestError, OverloadedError

LARGEST_FILE_BYTES = 64 * 1024 * 1024
"""A file that is looked at is in memory as a whole, so larger ones are refused."""

_AT_ONCE = 2
_LONGEST_SECONDS = 90.0
_PIECE_BYTES = 256 * 1024
_RETRY_SECONDS = 2.0

CheckStop = Callable[[], None]

_CHECK = "understudy check"


class ReportDesk:
    """Bounds the work on reports, so that they cannot keep a server from answering."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._clock = clock

    @contextmanager
    def turn(self, command: str = _CHECK) -> Generator[CheckStop]:
        """Yield a function that raises when the turn's time is over.

        The error then names the `command` that does the same without a server. Raises
        OverloadedError at once when too many others work.
        """
        if not self._turns.acquire(blocking=False):
            raise OverloadedError(
                "Too many files are being looked at; try again in a moment.",
                retry_after_seconds=_RETRY_SECONDS,
            )
        ends_at = self._clock() + _LONGEST_SECONDS

        def check_stop() -> None:
            if self._clock() > ends_at:
                raise InvalidRequestError(
                    f"Looking at this file takes more than {_LONGEST_SECONDS:.0f} seconds; use "
                    f"'{command}' on your machine instead.",
                    code="file_too_large",
                )

        try:
            yield check_stop
        finally:
            self._turns.release()

    def report(
        self, training: Path, validation: Path | None, method: Method, model: ReportModel
    ) -> Report:
        """Judge stored files; blocks. Raises InvalidRequestError when that takes too long."""
        with self.turn() as check_stop:
            file = read_file(pieces_of(training, check_stop), method)
            other = read_file(pieces_of(validation, check_stop), method) if validation else None
            return make_report(file, other, model, check_stop)


def pieces_of(path: Path, check_stop: CheckStop, command: str = _CHECK) -> Iterator[bytes]:
    """Yield what a file holds; raises InvalidRequestError for one that is too large to look at.

    The error names the `command` that does the same without a server.
    """
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise InvalidRequestError(
            f"Files of up to {LARGEST_FILE_BYTES // 1024**2} MB are looked at here; use "
            f"'{command}' on your machine for this one.",
            code="file_too_large",
        )
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            check_stop()
            yield piece
