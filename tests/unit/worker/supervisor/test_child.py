import os
import sys
import time
from pathlib import Path

from understudy.worker.supervisor.child import Child, ChildEnd, ChildSpec


def spec(tmp_path: Path, code: str) -> ChildSpec:
    return ChildSpec(
        name="worker",
        command=(sys.executable, "-c", code),
        environment=os.environ,
        inherited_fds=(),
        log_path=tmp_path / "worker.log",
        stops_last=False,
    )


def ended(child: Child, now: float) -> ChildEnd:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        end = child.keep_alive(now)
        if end is not None:
            return end
        time.sleep(0.01)
    raise AssertionError("the child did not end")


def test_a_child_that_ends_is_started_again_after_growing_pauses(tmp_path: Path):
    child = Child(spec(tmp_path, "raise SystemExit(3)"))
    child.keep_alive(0.0)
    first = ended(child, 1.0)
    assert first == ChildEnd("worker", "exit code 3", 1, 0.1)
    child.keep_alive(1.05)
    assert child.pid is None
    child.keep_alive(1.1)
    assert child.pid is not None
    second = ended(child, 2.0)
    assert (second.restarts, second.pause_seconds) == (2, 0.2)
    for round_ in range(3, 12):
        child.keep_alive(100.0 * round_)
        last = ended(child, 100.0 * round_ + 1)
    assert (last.restarts, last.pause_seconds) == (11, 10.0)


def test_a_child_that_was_healthy_for_long_is_started_again_at_once(tmp_path: Path):
    child = Child(spec(tmp_path, "pass"))
    for start in (0.0, 10.0):
        child.keep_alive(start)
        ended(child, start + 1)
    child.keep_alive(20.0)
    assert ended(child, 60.0) == ChildEnd("worker", "exit code 0", 3, 0.1)


def test_a_killed_child_says_by_which_signal(tmp_path: Path):
    child = Child(spec(tmp_path, "import os; os.kill(os.getpid(), 9)"))
    child.keep_alive(0.0)
    assert ended(child, 1.0).reason == "killed by SIGKILL"


def test_what_a_child_writes_is_appended_to_its_log(tmp_path: Path):
    child = Child(spec(tmp_path, "import sys; print('out'); sys.stderr.write('err')"))
    child.keep_alive(0.0)
    ended(child, 1.0)
    child.keep_alive(5.0)
    ended(child, 6.0)
    log = (tmp_path / "worker.log").read_text()
    assert (log.count("out"), log.count("err")) == (2, 2)


def test_a_child_that_ignores_the_request_to_end_is_killed(tmp_path: Path):
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('up', flush=True); time.sleep(60)"
    )
    child = Child(spec(tmp_path, code))
    child.keep_alive(0.0)
    while "up" not in (tmp_path / "worker.log").read_text():
        time.sleep(0.01)
    child.terminate()
    assert not child.wait(0.1)
    assert child.pid is None


def test_waiting_for_a_child_that_does_not_run_is_no_wait(tmp_path: Path):
    child = Child(spec(tmp_path, "pass"))
    child.terminate()
    assert child.wait(60.0)
