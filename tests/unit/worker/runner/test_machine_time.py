"""How the time of a machine is divided among calls that are answered together."""

from contextlib import ExitStack

import pytest

from understudy.worker.runner.machine_time import MachineTime


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_call_alone_takes_its_whole_time():
    clock = Clock()
    machine = MachineTime(clock)
    with machine.call() as share:
        clock.now = 3.0
    clock.now = 100.0
    with machine.call() as later:
        clock.now = 101.0

    assert (share.seconds, later.seconds) == (3.0, 1.0)


def test_calls_that_overlap_share_the_time_and_their_shares_add_up():
    clock = Clock()
    machine = MachineTime(clock)
    with ExitStack() as first, ExitStack() as second:
        one = first.enter_context(machine.call())
        clock.now = 2.0
        other = second.enter_context(machine.call())
        clock.now = 6.0
        first.close()
        clock.now = 7.0
        second.close()

    # Alone from 0 to 2, both from 2 to 6, the other alone from 6 to 7.
    assert (one.seconds, other.seconds) == (2 + 2, 2 + 1)


def test_a_call_that_fails_gives_its_share_back_to_the_others():
    clock = Clock()
    machine = MachineTime(clock)

    def fail() -> None:
        with machine.call():
            clock.now = 4.0
            raise ValueError("no")

    with machine.call() as share:
        with pytest.raises(ValueError, match="no"):
            fail()
        clock.now = 5.0

    assert share.seconds == 3.0
