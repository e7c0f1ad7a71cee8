"""How much the code of a grader may use."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SandboxLimits:
    """What code may use."""

    seconds: float = 10.0
    """For one sample."""
    memory_bytes: int = 2 * 1024**3
    temporary_bytes: int = 1024**3
    """On disk, in a directory of its own that is emptied after each sample."""
    processes: int = min(8, max(2, os.cpu_count() or 2))
    """How many samples are graded at once."""
