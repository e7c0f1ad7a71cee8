import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from understudy.worker.supervisor import supervisor as supervisor_module
from understudy.worker.supervisor.child import ChildEnd, ChildSpec
from understudy.worker.supervisor.supervisor import Supervisor

# Notes its process, its start and its end, and ends when asked.
WORKER = """
import os, signal, sys, time
name, journal, pid = sys.argv[1:]
with open(pid, "w") as file:
    file.write(str(os.getpid()))
def note(what):
    with open(journal, "a") as file:
        file.write(f"{name} {what}\\n")
def end(*_):
    time.sleep(0.1)
    note("ends")
    sys.exit()
signal.signal(signal.SIGTERM, end)
note("runs")
while True:
    time.sleep(1)
"""


def spec(tmp_path: Path, name: str, *, stops_last: bool = False) -> ChildSpec:
    files = (str(tmp_path / "journal"), str(tmp_path / f"{name}.pid"))
    return ChildSpec(
        name=name,
        command=(sys.executable, "-c", WORKER, name, *files),
        environment=os.environ,
        inherited_fds=(),
        log_path=tmp_path / f"{name}.log",
        stops_last=stops_last,
    )


def journal(tmp_path: Path) -> list[str]:
    path = tmp_path / "journal"
    return path.read_text().splitlines() if path.exists() else []


def pids(tmp_path: Path) -> dict[str, int]:
    found = {path.stem: path.read_text() for path in tmp_path.glob("*.pid")}
    return {name: int(pid) for name, pid in found.items() if pid}


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def running(specs: list[ChildSpec], ends: list[ChildEnd]) -> Iterator[None]:
    supervisor = Supervisor(specs, ends.append)
    stop = threading.Event()
    thread = threading.Thread(target=supervisor.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(15)
        assert not thread.is_alive()
        assert not any(map(psutil.pid_exists, pids(specs[0].log_path.parent).values()))


def test_all_children_run_and_those_that_are_needed_longest_end_last(tmp_path: Path):
    specs = [spec(tmp_path, "engine", stops_last=True), spec(tmp_path, "api")]
    with running(specs, []):
        wait_until(lambda: len(journal(tmp_path)) == 2)
    assert journal(tmp_path)[2:] == ["api ends", "engine ends"]


def test_a_killed_child_comes_back_while_the_others_stay(tmp_path: Path):
    ends: list[ChildEnd] = []
    with running([spec(tmp_path, "a"), spec(tmp_path, "b")], ends):
        wait_until(lambda: len(journal(tmp_path)) == 2)
        before = pids(tmp_path)
        os.kill(before["a"], signal.SIGKILL)
        wait_until(lambda: journal(tmp_path).count("a runs") == 2)
        after = pids(tmp_path)
    assert after["b"] == before["b"]
    assert after["a"] != before["a"]
    assert [(end.name, end.reason) for end in ends] == [("a", "killed by SIGKILL")]


def test_a_log_that_grows_too_long_is_moved_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(supervisor_module, "_LOG_CHECK_SECONDS", 0.0)
    monkeypatch.setattr(supervisor_module, "_LOG_LIMIT_BYTES", 100)
    (tmp_path / "a.log").write_text("x" * 101)
    with running([spec(tmp_path, "a")], []):
        wait_until(lambda: (tmp_path / "a.log.1").exists())
        wait_until(lambda: (tmp_path / "a.log").stat().st_size == 0)
