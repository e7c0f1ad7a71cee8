"""One child process of the supervisor: started, watched, started again with a growing pause."""

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from understudy.pulse import DUMP_SIGNAL, FD_VARIABLE, HUNG_VARIABLE, last_beat

_FIRST_PAUSE_SECONDS = 0.1
_MAX_PAUSE_SECONDS = 10.0
# A child that lived this long was healthy: its next end is a new incident.
_HEALTHY_AFTER_SECONDS = 30.0
# Between the signal that dumps stacks and the kill.
_DUMP_SECONDS = 2.0
_PIPE_BYTES = 65536


@dataclass(frozen=True, kw_only=True)
class HangLimits:
    """When a child that runs counts as hung."""

    idle_seconds: float
    """It gives no sign of life, or neither gets further nor computes, reads or writes anything."""
    busy_seconds: float
    """It computes and gets no further; also, it starts and has given no sign of life yet."""


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
    limits: HangLimits | None = None
    """When it is replaced because it hangs; None where it has no pulse."""


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
        self._pulse_fd: int | None = None
        self._beaten_at: float | None = None
        self._hang: str | None = None
        self._kill_due_at = 0.0

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
            self._watch(self._process, now)
            return None
        self._process = None
        if now - self._started_at >= _HEALTHY_AFTER_SECONDS:
            self._pause_seconds = _FIRST_PAUSE_SECONDS
        pause = self._pause_seconds
        self._pause_seconds = min(2 * pause, _MAX_PAUSE_SECONDS)
        self._start_due_at = now + pause
        self.restarts += 1
        reason = self._hang or _reason(exit_code)
        return ChildEnd(self.spec.name, reason, self.restarts, pause)

    def forgive(self, now: float) -> None:
        """Count its silence from now on: the supervisor itself, or the machine, was asleep."""
        if self._beaten_at is not None:
            self._beaten_at = now

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

    def _watch(self, process: subprocess.Popen[bytes], now: float) -> None:
        """Let a child that hangs leave its stacks in its log, and kill it."""
        if self.spec.limits is None:
            return
        if self._hang is not None:
            if now >= self._kill_due_at:
                process.kill()
            return
        self._hang = self._find_hang(self.spec.limits, now)
        if self._hang is not None:
            self._kill_due_at = now + _DUMP_SECONDS
            process.send_signal(DUMP_SIGNAL)
            # One that was stopped can say nothing until it is woken; what it writes is refused.
            process.send_signal(signal.SIGCONT)

    def _find_hang(self, limits: HangLimits, now: float) -> str | None:
        """Read what the child said of itself; returns how it hangs, in words, if it does."""
        beat = last_beat(self._read_pulse())
        if beat is not None:
            self._beaten_at = now
            if beat.idle_seconds > limits.idle_seconds:
                return f"it hung: for {beat.idle_seconds:.0f} seconds it did nothing at all"
            if beat.silent_seconds > limits.busy_seconds:
                return f"it hung: busy, it got no further for {beat.silent_seconds:.0f} seconds"
            return None
        if self._beaten_at is None:
            seconds = now - self._started_at
            is_late = seconds > limits.busy_seconds
            return f"it hung while it started, for {seconds:.0f} seconds" if is_late else None
        seconds = now - self._beaten_at
        if seconds > limits.idle_seconds:
            return f"it hung: it was stopped, or gave no sign of life, for {seconds:.0f} seconds"
        return None

    def _read_pulse(self) -> bytes:
        assert self._pulse_fd is not None, "a child with limits has a pulse"
        try:
            return os.read(self._pulse_fd, _PIPE_BYTES)
        except BlockingIOError:
            return b""

    def _open_pulse(self) -> int:
        """Make the pipe of a new process and return its end; ours is kept."""
        if self._pulse_fd is not None:
            os.close(self._pulse_fd)
        self._pulse_fd, writing_fd = os.pipe()
        os.set_blocking(self._pulse_fd, False)
        return writing_fd

    def _start(self, now: float) -> None:
        log = os.open(self.spec.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        pulse = self._open_pulse()
        environment = {**self.spec.environment, FD_VARIABLE: str(pulse)}
        if self._hang is not None:
            environment[HUNG_VARIABLE] = "1"
        try:
            # A session of its own, so that Ctrl-C in the terminal reaches only the supervisor,
            # which then stops the children in order.
            self._process = subprocess.Popen(
                self.spec.command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(*self.spec.inherited_fds, pulse),
                start_new_session=True,
            )
        finally:
            os.close(log)
            os.close(pulse)
        self._started_at, self._beaten_at, self._hang = now, None, None


def _reason(exit_code: int) -> str:
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return f"killed by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"killed by signal {-exit_code}"
