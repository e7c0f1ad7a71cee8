"""How much one engine process may take on."""

from dataclasses import dataclass

_GIBIBYTE = 1024**3
EXACT_BYTES = 256 * 1024**2
"""Bases whose files have up to so many bytes are served in float32, exact at little cost."""


@dataclass(frozen=True, kw_only=True)
class EngineLimits:
    """Bounds on rows, queue and memory."""

    rows: int = 32
    """Answers of one base in the making at the same time."""
    waiting: int = 256
    """Requests that may wait; one more is refused as overloaded."""
    wait_seconds: float = 120.0
    """How long a request may wait for its row, then it is refused as overloaded too."""
    chunk_tokens: int = 512
    """Prompt tokens read between two tokens of the running answers."""
    cache_bytes: int = 2 * _GIBIBYTE
    """Keys and values of one base."""
    base_bytes: int = 8 * _GIBIBYTE
    """Weights of all resident bases; a single larger one is still loaded."""
    adapters: int = 64
    """Adapters in memory for one base."""
