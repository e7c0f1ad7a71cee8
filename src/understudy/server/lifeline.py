"""Ends the server when the supervisor that started it is gone, even after SIGKILL."""

import os
import threading

# What a shell reports for a process that lost its terminal: 128 + SIGHUP.
_ORPHANED_EXIT_CODE = 129


def watch_parent(parent_fd: int) -> None:
    """End this process at the end of file of `parent_fd`, whose other end the parent holds.

    The end is abrupt on purpose: everything on disk is written so that a kill loses nothing, and
    a server without a supervisor must not hold the port a moment longer.
    """

    def wait_for_end_of_file() -> None:
        while os.read(parent_fd, 1):
            pass
        os._exit(_ORPHANED_EXIT_CODE)

    threading.Thread(target=wait_for_end_of_file, name="lifeline", daemon=True).start()
