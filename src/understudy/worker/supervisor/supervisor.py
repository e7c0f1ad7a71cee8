"""Keeps the processes of one server alive, and stops them in order within a bounded time."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from understudy.worker.supervisor.child import Child, ChildEnd, ChildSpec

_POLL_SECONDS = 0.05
# A gap like this between two looks: this process, or the machine, was asleep.
_ASLEEP_SECONDS = 5.0
_LOG_CHECK_SECONDS = 10.0
_LOG_LIMIT_BYTES = 16 * 1024 * 1024
# The last group still gets its time when the first used all of its own.
_FIRST_GROUP_STOPS_WITHIN_SECONDS = 8.0
_LAST_GROUP_STOPS_WITHIN_SECONDS = 3.0


class Supervisor:
    """Runs children until it is asked to stop, and starts again any that ends before that."""

    def __init__(
        self, specs: Sequence[ChildSpec], on_child_end: Callable[[ChildEnd], None]
    ) -> None:
        self._children = [Child(spec) for spec in specs]
        self._on_child_end = on_child_end

    def run(self, stop: threading.Event) -> None:
        """Keep all children alive until `stop` is set, then end them all."""
        next_log_check = time.monotonic() + _LOG_CHECK_SECONDS
        looked_at = time.monotonic()
        try:
            while not stop.is_set():
                now = time.monotonic()
                if now - looked_at > _ASLEEP_SECONDS:
                    for child in self._children:
                        child.forgive(now)
                looked_at = now
                for child in self._children:
                    end = child.keep_alive(now)
                    if end is not None:
                        self._on_child_end(end)
                if now >= next_log_check:
                    next_log_check = now + _LOG_CHECK_SECONDS
                    for child in self._children:
                        _bound_log(child.spec.log_path)
                stop.wait(_POLL_SECONDS)
        finally:
            self._stop_all()

    def _stop_all(self) -> None:
        first = [child for child in self._children if not child.spec.stops_last]
        last = [child for child in self._children if child.spec.stops_last]
        _stop(first, _FIRST_GROUP_STOPS_WITHIN_SECONDS)
        _stop(last, _LAST_GROUP_STOPS_WITHIN_SECONDS)


def _stop(children: Sequence[Child], within_seconds: float) -> None:
    deadline = time.monotonic() + within_seconds
    for child in children:
        child.terminate()
    for child in children:
        child.wait(deadline - time.monotonic())


def _bound_log(path: Path) -> None:
    """Move a log that has grown too long aside, keeping one older generation.

    The file is truncated in place: the child appends to it through a descriptor of its own.
    """
    try:
        if path.stat().st_size <= _LOG_LIMIT_BYTES:
            return
        shutil.copyfile(path, path.with_suffix(".log.1"))
        os.truncate(path, 0)
    except OSError:
        # A log that cannot be shortened (a full disk, say) must not end the server.
        return
