"""How a process shows its supervisor that it works, once a second, without hiding a hang.

A thread of its own writes the beats, so a beat alone says only that the process is not stopped.
Each carries two facts about the threads that do the work: how long one of them has got no further,
and how long nothing at all was computed, read or written either. A long multiplication is silent
but not idle; a deadlock is both. What follows from that is for the supervisor to decide.
"""

import asyncio
import faulthandler
import os
import resource
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

FD_VARIABLE = "UNDERSTUDY_PULSE_FD"
"""The environment variable with the pipe that beats are written to."""
HUNG_VARIABLE = "UNDERSTUDY_PREDECESSOR_HUNG"
"""Set for a process whose predecessor was replaced because it hung."""
DUMP_SIGNAL = signal.SIGUSR1
"""Makes a process with a pulse write the stacks of all its threads to standard error."""
BACKGROUND_THREADS = frozenset({"pulse", "heartbeat", "signals", "lifeline"})
"""Threads that continue while the work hangs, and so prove nothing."""

_BEAT_SECONDS = 1.0
# A second in which the work takes less of a core than this is one in which it only waits.
_MIN_WORKING_SHARE = 0.005
# A gap like this between two beats: the process or the machine slept, and no time was lost.
_ASLEEP_SECONDS = 5.0


class Beat(NamedTuple):
    """What one beat says."""

    idle_seconds: float
    """How long some work has neither got further nor computed, read or written anything."""
    silent_seconds: float
    """How long some work has not got further."""

    def line(self) -> bytes:
        """Return the beat as it is written."""
        return f"{self.idle_seconds:.2f} {self.silent_seconds:.2f}\n".encode()


def last_beat(written: bytes) -> Beat | None:
    """Return the newest whole beat in what was read from the pipe."""
    lines = written.split(b"\n")[:-1]
    if not lines:
        return None
    idle, silent = lines[-1].split()
    return Beat(float(idle), float(silent))


class Progress:
    """How far one thread's work has got, said by that thread."""

    def __init__(self) -> None:
        self._marked_at = time.monotonic()
        self._rests = False
        self.awaits = False
        """Whether it waits for another process that may take its time."""

    def mark(self) -> None:
        """Say that the work got further."""
        self._marked_at = time.monotonic()

    @contextmanager
    def resting(self) -> Generator[None]:
        """Say that there is nothing to do, for as long as the block lasts."""
        self._rests = True
        try:
            yield
        finally:
            self.mark()
            self._rests = False

    @contextmanager
    def awaiting(self) -> Generator[None]:
        """Say that another process is waited for: nothing is computed here meanwhile."""
        self.awaits = True
        try:
            yield
        finally:
            self.mark()
            self.awaits = False

    def silent_seconds(self, now: float) -> float:
        """Return how long nothing was marked."""
        return 0.0 if self._rests else now - self._marked_at


class Pulse:
    """Beats into a pipe for as long as the process lives."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._works = [Progress()]
        self._worked_at = self._beaten_at = time.monotonic()
        self._cpu_seconds, self._disk_reads = _cpu_seconds_of_work(), _disk_reads()

    @property
    def progress(self) -> Progress:
        """Of the main thread, or of the event loop that runs there."""
        return self._works[0]

    def another(self) -> Progress:
        """Return the progress of a further thread whose hanging is the process's."""
        self._works.append(Progress())
        return self._works[-1]

    def start(self) -> None:
        """Begin to beat, and dump stacks when asked to."""
        faulthandler.register(DUMP_SIGNAL, all_threads=True)
        os.set_blocking(self._fd, False)
        threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def beat(self, now: float) -> Beat:
        """Look at the work, and return what is to be said of it."""
        if now - self._beaten_at > _ASLEEP_SECONDS:
            for work in self._works:
                work.mark()
            self._worked_at = now
        if self._is_working(now - self._beaten_at):
            self._worked_at = now
        self._beaten_at = now
        idle = now - self._worked_at
        silent = [work.silent_seconds(now) for work in self._works]
        idles = [
            0.0 if work.awaits else min(seconds, idle)
            for work, seconds in zip(self._works, silent, strict=True)
        ]
        return Beat(max(idles), max(silent))

    def _run(self) -> None:
        while True:
            line = self.beat(time.monotonic()).line()
            # A full pipe is one that nobody reads for now.
            with suppress(BlockingIOError, BrokenPipeError):
                os.write(self._fd, line)
            time.sleep(_BEAT_SECONDS)

    def _is_working(self, seconds: float) -> bool:
        cpu_seconds, disk_reads = _cpu_seconds_of_work(), _disk_reads()
        computed, self._cpu_seconds = cpu_seconds - self._cpu_seconds, cpu_seconds
        read, self._disk_reads = disk_reads - self._disk_reads, disk_reads
        return computed > _MIN_WORKING_SHARE * seconds or read > 0 or _is_any_thread_busy()


async def keep_marking(progress: Progress) -> None:
    """Mark once a second that an event loop turns, until cancelled."""
    while True:
        progress.mark()
        await asyncio.sleep(_BEAT_SECONDS)


def start_pulse() -> Pulse:
    """Begin to beat for the supervisor; a process that has none writes its beats nowhere."""
    given = os.environ.pop(FD_VARIABLE, None)
    pulse = Pulse(os.open(os.devnull, os.O_WRONLY) if given is None else int(given))
    if given is not None:
        pulse.start()
    return pulse


def has_predecessor_hung() -> bool:
    """Say whether this process replaces one that hung."""
    return os.environ.pop(HUNG_VARIABLE, None) is not None


def _background() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name in BACKGROUND_THREADS]


def _cpu_seconds_of_work() -> float:
    """Return what all threads but those in the background have computed."""
    spent = time.process_time()
    for thread in _background():
        # It may end in this very moment; and not every system knows the time of a thread.
        with suppress(OSError, AttributeError):
            spent -= time.clock_gettime(time.pthread_getcpuclockid(thread.ident or 0))
    return spent


def _disk_reads() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_inblock


def _is_any_thread_busy() -> bool:
    """Say whether some work waits for a core or for the disk, where the system tells that."""
    background = {thread.native_id for thread in _background()}
    with suppress(OSError):
        for thread in Path("/proc/self/task").iterdir():
            if int(thread.name) in background:
                continue
            with suppress(OSError):
                state = (thread / "stat").read_text().rpartition(")")[2].split()[0]
                if state in ("R", "D"):
                    return True
    return False
