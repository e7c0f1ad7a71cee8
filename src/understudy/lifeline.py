"""How a process learns that it is to end: by a signal, or by the pipe that ends with its parent."""

import os
import signal
import threading
from collections.abc import Callable

# What a shell reports for a process that lost its terminal: 128 + SIGHUP.
_ORPHANED_EXIT_CODE = 129


def stop_on_signals(*numbers: signal.Signals) -> threading.Event:
    """Return an event that is set when one of the signals arrives.

    A handler runs between any two steps of the main thread, also while that holds the lock inside
    of the event; setting it there would wait for itself for ever. So a thread does.
    """
    stop = threading.Event()
    reading_fd, writing_fd = os.pipe()

    def wait_for_signal() -> None:
        os.read(reading_fd, 1)
        stop.set()

    threading.Thread(target=wait_for_signal, name="signals", daemon=True).start()
    for number in numbers:
        signal.signal(number, lambda _number, _frame: os.write(writing_fd, b"."))
    return stop


class Lifeline:
    """The parent's end of a pipe; it ends with the parent, however that ends, even by SIGKILL."""

    def __init__(self) -> None:
        self.child_fd, self._own_fd = os.pipe()

    def close(self) -> None:
        """Cut the line: children that still run see it now."""
        os.close(self._own_fd)
        os.close(self.child_fd)


def call_when_orphaned(parent_fd: int, action: Callable[[], None]) -> None:
    """Run `action` in a thread once the process that holds the other end is gone."""

    def wait_for_end_of_file() -> None:
        while os.read(parent_fd, 1):
            pass
        action()

    threading.Thread(target=wait_for_end_of_file, name="lifeline", daemon=True).start()


def end_when_orphaned(parent_fd: int) -> None:
    """End this process once its parent is gone.

    The end is abrupt on purpose: everything on disk is written so that a kill loses nothing,
    and a process without a supervisor must not hold the port or the lease any longer.
    """
    call_when_orphaned(parent_fd, lambda: os._exit(_ORPHANED_EXIT_CODE))
