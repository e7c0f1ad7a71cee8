"""How many processor cores this process may really use."""

import math
import os
from pathlib import Path

_CPU_LIMIT_FILE = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(cpu_limit_file: Path = _CPU_LIMIT_FILE) -> int:
    """Return the cores of this process, bounded by the limit of its container.

    Threads beyond that limit do not run at once: they only wait for each other.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    try:
        quota, period = cpu_limit_file.read_text().split()
        if quota != "max":
            cores = min(cores, math.ceil(int(quota) / int(period)))
    except (OSError, ValueError):
        # No control groups here, or none of this version.
        pass
    return max(cores, 1)
