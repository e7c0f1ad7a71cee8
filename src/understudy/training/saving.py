"""Saves a run's state on the way: copied at a step, written by a thread, then reported."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from understudy.errors import JobFailedError
from understudy.modeling.checkpoints import publish_directory
from understudy.training.reporting import StopTraining

WriteInto = Callable[[Path], None]
"""Writes files into a directory, from values that nobody changes any more."""


@dataclass(frozen=True)
class _Writing:
    manifest_sha256: Future[str]
    report: Callable[[str], None]


class BackgroundSaver:
    """Publishes directories one at a time, so that no step waits for the disk.

    What was saved is reported in the caller's thread, in order, once it is complete on disk: by
    `report_finished`, by the next `save`, or at the end of the `with` block. Errors of the writing
    are raised there too.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="saver")
        self._writing: _Writing | None = None

    def save(
        self, directory: Path, copy: Callable[[], WriteInto], report: Callable[[str], None]
    ) -> None:
        """Publish what `copy` gives as `directory`; `report` gets the sha256 of the manifest.

        `copy` is called at once, but not before the directory before this one is complete: there is
        never more than one copy of the state in memory.
        """
        self.wait()
        written = self._thread.submit(publish_directory, directory, copy())
        self._writing = _Writing(written, report)

    def report_finished(self) -> None:
        """Report the directory that is being written if it is complete by now."""
        if self._writing is not None and self._writing.manifest_sha256.done():
            self.wait()

    def wait(self) -> None:
        """Wait until nothing is being written, and report what was."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.report(writing.manifest_sha256.result())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            # After any other error nobody may be there to take a report.
            if error is None or isinstance(error, StopTraining | JobFailedError):
                self.wait()
        finally:
            self._thread.shutdown()
