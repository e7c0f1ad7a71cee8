import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from understudy.worker.supervisor import home_lock
from understudy.worker.supervisor.home_lock import HomeInUseError, lock_home


def test_a_second_server_is_refused_and_told_where_the_first_one_is(tmp_path: Path):
    lock = lock_home(tmp_path)
    lock.note_address("http://127.0.0.1:8321/v1")
    with pytest.raises(HomeInUseError, match=rf"process {os.getpid()} at http://127.0.0.1:8321/v1"):
        lock_home(tmp_path)
    lock.release()
    lock_home(tmp_path).release()


def test_two_homes_do_not_disturb_each_other(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = lock_home(tmp_path / "a"), lock_home(tmp_path / "b")
    first.release()
    second.release()


def test_a_new_server_waits_for_the_children_of_a_killed_one(tmp_path: Path):
    lock = lock_home(tmp_path)
    wait = [sys.executable, "-c", "input()"]
    child = subprocess.Popen(wait, stdin=subprocess.PIPE, pass_fds=(lock.children_fd,))
    lock.release()
    threading.Timer(0.3, child.kill).start()
    second = lock_home(tmp_path)
    assert child.wait() != 0
    second.release()
    assert child.stdin is not None
    child.stdin.close()


def test_children_that_never_end_are_named_as_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(home_lock, "_ORPHANS_END_WITHIN_SECONDS", 0.1)
    lock = lock_home(tmp_path)
    children_fd = os.dup(lock.children_fd)
    lock.release()
    with pytest.raises(HomeInUseError, match="earlier server"):
        lock_home(tmp_path)
    os.close(children_fd)
    lock_home(tmp_path).release()
