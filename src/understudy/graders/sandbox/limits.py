"""How much the code of a grader may use."""

from dataclasses import dataclass

MOST_SECONDS = 120.0
"""What OpenAI gives a sample; a home's settings may give less, never more."""


@dataclass(frozen=True, kw_only=True)
class SandboxLimits:
    """What code may use."""

    seconds: float = 10.0
    """For one sample."""
    memory_bytes: int = 2 * 1024**3
    processes: int = 2
    """How many samples are graded at once."""
