"""The sandboxes of one machine together leave a quarter of its memory to everything else."""

import pytest

from understudy.graders.sandbox.limits import SandboxLimits, machine_memory_bytes, processes_in

GIBIBYTE = 1024**3


@pytest.mark.parametrize(
    ("memory", "cores", "processes"),
    [(4, 2, 1), (8, 8, 1), (16, 8, 2), (32, 2, 2), (32, 16, 4), (256, 64, 8), (256, 1, 2)],
)
def test_as_many_processes_run_as_their_share_of_memory_holds(
    memory: int, cores: int, processes: int
):
    assert processes_in(memory * GIBIBYTE, cores) == processes


def test_the_limits_of_this_machine_follow_from_it():
    limits = SandboxLimits()
    total = limits.processes * limits.memory_bytes
    assert limits.processes == 1 or 3 * total <= machine_memory_bytes()
