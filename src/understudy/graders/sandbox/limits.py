"""How much the code of a grader may use."""

import os
from dataclasses import dataclass, field
from pathlib import Path

_MEMORY_BYTES = 2 * 1024**3
_MAX_PROCESSES = 8
# The API, the runner and a trainer have a sandbox each, and something has to be left for them.
_SHARE = 1 / 4
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def processes_in(memory_bytes: int, cores: int) -> int:
    """Return how many processes of one sandbox fit into their share of a machine's memory."""
    at_once = min(_MAX_PROCESSES, max(2, cores))
    return max(1, min(at_once, int(memory_bytes * _SHARE) // _MEMORY_BYTES))


def machine_memory_bytes() -> int:
    """Return the memory that the processes of this machine or container may use in all."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return min(total, int(_CONTAINER_LIMIT.read_text()))
    except (OSError, ValueError):
        # There is no container, or its limit is the word "max".
        return total


@dataclass(frozen=True, kw_only=True)
class SandboxLimits:
    """What code may use."""

    seconds: float = 10.0
    """For one sample."""
    memory_bytes: int = _MEMORY_BYTES
    """Of one process."""
    temporary_bytes: int = 1024**3
    """On disk, in a directory of its own that is emptied after each sample."""
    processes: int = field(
        default_factory=lambda: processes_in(machine_memory_bytes(), os.cpu_count() or 2)
    )
    """How many samples are graded at once."""
