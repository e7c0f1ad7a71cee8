"""One child process of the supervisor: started, watched, started again with a growing pause."""

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_FIRST_PAUSE_SECONDS = 0.1
_MAX_PAUSE_SECONDS = 10.0
# A child that lived this long was healthy: its next end is a new incident.
_HEALTHY_AFTER_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class ChildSpec:
    """How to start one child."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    inherited_fds: tuple[int, ...]
    log_path: Path
    stops_last: bool
    """Whether it must outlive the others at the end, because they still need it."""


class ChildEnd(NamedTuple):
    """A child ended although nobody asked it to."""

    name: str
    reason: str
    restarts: int
    """How often this child has been started again so far, this time included."""
    pause_seconds: float


class Child:
    """A process that is kept alive until it is asked to stop."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.restarts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_due_at = 0.0
        self._pause_seconds = _FIRST_PAUSE_SECONDS

    @property
    def pid(self) -> int | None:
        """The process id while the child runs."""
        return self._process.pid if self._process is not None else None

    def keep_alive(self, now: float) -> ChildEnd | None:
        """Start the child when it is due; report its end once, when it is first seen.

        `now` is a monotonic clock in seconds.
        """
        if self._process is None:
            if now >= self._start_due_at:
                self._start(now)
            return None
        exit_code = self._process.poll()
        if exit_code is None:
            return None
        self._process = None
        if now - self._started_at >= _HEALTHY_AFTER_SECONDS:
            self._pause_seconds = _FIRST_PAUSE_SECONDS
        pause = self._pause_seconds
        self._pause_seconds = min(2 * pause, _MAX_PAUSE_SECONDS)
        self._start_due_at = now + pause
        self.restarts += 1
        return ChildEnd(self.spec.name, _reason(exit_code), self.restarts, pause)

    def terminate(self) -> None:
        """Ask the child to finish what it does and end."""
        if self._process is not None:
            self._process.terminate()

    def wait(self, timeout_seconds: float) -> bool:
        """Wait for a child that was asked to end; kill it when the time is over.

        Returns whether it ended by itself.
        """
        if self._process is None:
            return True
        try:
            self._process.wait(max(timeout_seconds, 0.0))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return False
        finally:
            self._process = None
        return True

    def _start(self, now: float) -> None:
        log = os.open(self.spec.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # A session of its own, so that Ctrl-C in the terminal reaches only the supervisor,
            # which then stops the children in order.
            self._process = subprocess.Popen(
                self.spec.command,
                env=dict(self.spec.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self.spec.inherited_fds,
                start_new_session=True,
            )
        finally:
            os.close(log)
        self._started_at = now


def _reason(exit_code: int) -> str:
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return f"killed by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"killed by signal {-exit_code}"
