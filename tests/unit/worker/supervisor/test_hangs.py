"""Children that hang in ways of their own, seen by a real supervisor."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from understudy.worker.supervisor import child as child_module
from understudy.worker.supervisor.child import ChildEnd, ChildSpec, HangLimits
from understudy.worker.supervisor.supervisor import Supervisor

# Works and marks that ten times a second, until it is to hang in the way that a file says.
WORKER = """
import pathlib, sys, threading, time
from understudy import pulse
pulse._BEAT_SECONDS = 0.05
beating, how = pulse.start_pulse(), pathlib.Path(sys.argv[1])
how.with_name("hung").write_text(str(pulse.has_predecessor_hung()))
def deadlock():
    lock = threading.Lock()
    with lock, lock:
        pass
def endless():
    while True:
        pass
def long_step():
    end = time.monotonic() + 0.9
    while time.monotonic() < end:
        pass
    how.with_name("done").touch()
while True:
    beating.progress.mark()
    if how.exists():
        name = how.read_text()
        how.unlink()
        globals()[name]()
    time.sleep(0.1)
"""


pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def brief_dump(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "_DUMP_SECONDS", 0.2)


@contextmanager
def worker(
    tmp_path: Path, *, idle_seconds: float = 2.0, busy_seconds: float = 60.0
) -> Iterator[list[ChildEnd]]:
    """A worker that marks its progress, with what is reported of its ends."""
    spec = ChildSpec(
        name="worker",
        command=(sys.executable, "-c", WORKER, str(tmp_path / "how")),
        environment=os.environ,
        inherited_fds=(),
        log_path=tmp_path / "log",
        stops_last=False,
        limits=HangLimits(idle_seconds=idle_seconds, busy_seconds=busy_seconds),
    )
    ends: list[ChildEnd] = []
    supervisor, stop = Supervisor([spec], ends.append), threading.Event()
    thread = threading.Thread(target=supervisor.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: hung_before(tmp_path) == "False")
        yield ends
    finally:
        stop.set()
        thread.join(15)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def command_of(process: Path) -> str:
    """Return the command line of a process, which may be gone by now."""
    try:
        return (process / "cmdline").read_text()
    except OSError:
        return ""


def hung_before(tmp_path: Path) -> str:
    path = tmp_path / "hung"
    return path.read_text() if path.exists() else ""


def test_a_deadlock_is_seen_its_stacks_are_left_and_the_next_one_is_told(tmp_path: Path):
    with worker(tmp_path) as ends:
        (tmp_path / "how").write_text("deadlock")
        wait_until(lambda: hung_before(tmp_path) == "True")
    assert ends[0].reason.startswith("it hung: for ")
    assert "in deadlock" in (tmp_path / "log").read_text()


def test_a_stopped_process_is_replaced(tmp_path: Path):
    with worker(tmp_path) as ends:
        (child,) = (
            int(path.name)
            for path in Path("/proc").glob("[0-9]*")
            if str(tmp_path / "how") in command_of(path)
        )
        os.kill(child, signal.SIGSTOP)
        wait_until(lambda: hung_before(tmp_path) == "True")
    assert "it was stopped, or gave no sign of life" in ends[0].reason
    assert "most recent call first" in (tmp_path / "log").read_text()


def test_a_long_step_is_no_hang_but_an_endless_one_is(tmp_path: Path):
    with worker(tmp_path, busy_seconds=4.0) as ends:
        (tmp_path / "how").write_text("long_step")
        wait_until((tmp_path / "done").exists)
        assert ends == []
        (tmp_path / "how").write_text("endless")
        wait_until(lambda: hung_before(tmp_path) == "True")
    assert ends[0].reason.startswith("it hung: busy, it got no further for ")
