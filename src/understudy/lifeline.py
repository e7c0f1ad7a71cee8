"""A pipe from the parent process whose end of file says that it is gone, even by SIGKILL."""

import os
import threading
from collections.abc import Callable

# What a shell reports for a process that lost its terminal: 128 + SIGHUP.
_ORPHANED_EXIT_CODE = 129


class Lifeline:
    """The parent's end of the pipe; it ends with the parent, however that ends."""

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
    and a process without a supervisor must not hold the port or the lease a moment longer.
    """
    call_when_orphaned(parent_fd, lambda: os._exit(_ORPHANED_EXIT_CODE))
