import os
import signal
import subprocess
import sys
import threading

from understudy.lifeline import Lifeline, call_when_orphaned, stop_on_signals

# A parent that starts a child on its lifeline and then waits to be killed.
PARENT = """
import subprocess, sys, time
from understudy.lifeline import Lifeline
lifeline = Lifeline()
child = '''
import sys, time
from understudy.lifeline import end_when_orphaned
end_when_orphaned(int(sys.argv[1]))
print("up", flush=True)
time.sleep(60)
'''
fd = lifeline.child_fd
subprocess.Popen([sys.executable, "-c", child, str(fd)], pass_fds=(fd,))
time.sleep(60)
"""


def test_a_child_ends_when_its_parent_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent.stdout as output:
        assert output.readline() == b"up\n"
        parent.kill()
        parent.wait()
        # The child holds the other end of its output: it reads as ended when the child has.
        assert output.read() == b""


def test_cutting_the_line_runs_the_action():
    lifeline = Lifeline()
    child_fd = os.dup(lifeline.child_fd)
    is_orphaned = threading.Event()
    call_when_orphaned(child_fd, is_orphaned.set)
    assert not is_orphaned.wait(0.05)
    lifeline.close()
    assert is_orphaned.wait(5)
    os.close(child_fd)


def test_a_signal_is_heard_also_while_the_main_thread_holds_the_lock_of_the_event():
    before = signal.getsignal(signal.SIGUSR1)
    try:
        stop = stop_on_signals(signal.SIGUSR1)
        assert not stop.is_set()
        # Where a signal finds the main thread for a moment whenever it begins or ends to wait.
        with stop._cond:  # type: ignore[attr-defined]
            signal.raise_signal(signal.SIGUSR1)
        assert stop.wait(10)
    finally:
        signal.signal(signal.SIGUSR1, before)
