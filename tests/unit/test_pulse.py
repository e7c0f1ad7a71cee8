import os
import subprocess
import sys
import threading
import time

import pytest

from understudy import pulse as pulse_module
from understudy.pulse import Beat, Progress, Pulse, last_beat


@pytest.fixture
def idle_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nothing but the test itself ran in this process, which computes for no one."""
    monkeypatch.setattr(pulse_module, "_cpu_seconds_of_work", lambda: 1.0)
    monkeypatch.setattr(pulse_module, "_disk_reads", lambda: 0)
    monkeypatch.setattr(pulse_module, "_is_any_thread_busy", lambda: False)


def beats(pulse: Pulse, seconds: int) -> Beat:
    """What the last of a beat a second says."""
    begun = time.monotonic()
    return [pulse.beat(begun + second) for second in range(1, seconds + 1)][-1]


@pytest.mark.usefixtures("idle_process")
def test_work_that_neither_gets_further_nor_computes_is_idle():
    beat = beats(Pulse(-1), 60)
    assert round(beat.idle_seconds) == round(beat.silent_seconds) == 60


@pytest.mark.usefixtures("idle_process")
def test_one_long_step_is_silent_but_not_idle_while_it_computes(monkeypatch: pytest.MonkeyPatch):
    computed = iter(range(1000))
    monkeypatch.setattr(pulse_module, "_cpu_seconds_of_work", lambda: float(next(computed)))
    beat = beats(Pulse(-1), 60)
    assert (beat.idle_seconds, round(beat.silent_seconds)) == (0.0, 60)


@pytest.mark.usefixtures("idle_process")
def test_who_waits_for_another_process_is_not_idle_and_who_has_nothing_to_do_is_neither():
    awaiting, resting = Pulse(-1), Pulse(-1)
    with awaiting.progress.awaiting(), resting.progress.resting():
        assert beats(awaiting, 60).idle_seconds == 0.0
        assert beats(awaiting, 60).silent_seconds > 50
        assert beats(resting, 60) == Beat(0.0, 0.0)


@pytest.mark.usefixtures("idle_process")
def test_a_thread_that_hangs_is_seen_beside_one_that_does_not():
    pulse = Pulse(-1)
    with pulse.another().resting():
        assert beats(pulse, 30).idle_seconds > 29


@pytest.mark.usefixtures("idle_process")
def test_a_machine_that_slept_has_lost_no_time():
    assert Pulse(-1).beat(time.monotonic() + 3600).idle_seconds < 1


def test_a_thread_that_computes_is_seen_and_one_that_waits_is_not():
    def working(code: str) -> bool:
        """Whether a process looks busy whose main thread runs this."""
        script = (
            "import threading, time\nfrom understudy import pulse\n"
            "def look():\n"
            "    time.sleep(0.05); made = pulse.Pulse(-1)\n"
            "    time.sleep(0.2); print(made._is_working(0.2), flush=True)\n"
            "    import os; os._exit(0)\n"
            f"threading.Thread(target=look, name='pulse').start()\n{code}"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout.strip() == "True"

    assert working("while True: pass")
    assert not working("threading.Event().wait()")


def test_the_newest_whole_beat_counts():
    written = Beat(1.0, 2.0).line() + Beat(3.0, 4.5).line() + b"9.0"
    assert last_beat(written) == Beat(3.0, 4.5)
    assert last_beat(b"") is None


def test_a_pipe_that_nobody_reads_holds_nobody_up():
    reading, writing = os.pipe()
    pulse = Pulse(writing)
    os.set_blocking(writing, False)
    os.write(writing, b"x" * 65536)
    thread = threading.Thread(target=pulse._run, name="pulse", daemon=True)
    thread.start()
    thread.join(0.05)
    assert thread.is_alive()
    os.close(reading)


def test_marks_begin_anew_after_a_wait():
    progress = Progress()
    with progress.awaiting():
        time.sleep(0.02)
        waited_until = time.monotonic()
    assert progress.silent_seconds(waited_until) <= 0
