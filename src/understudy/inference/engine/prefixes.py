"""Keys and values of prompts and answers that have been read, for prompts that begin like them.

Dimensions: H key/value heads, P positions, D head size.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from torch import Tensor

WORTH_REUSING = 16
"""Fewer tokens are read again as fast as they are looked up and copied."""
_MAX_KEPT = 128
_PIECE = 256


@dataclass(frozen=True, eq=False, kw_only=True)
class Prefix:
    """The beginning of a row, read by one model."""

    reader: Hashable
    """Which weights read it: what others have read is of no use."""
    tokens: Sequence[int]
    states: Sequence[Tensor]
    """Keys and values of every layer, [H, P, D] each."""
    bytes: int
    """What they take in memory."""


class Prefixes:
    """The prefixes used last."""

    def __init__(self) -> None:
        # The one used least recently comes first.
        self._kept: list[Prefix] = []
        self._bytes = 0

    def longest(self, reader: Hashable, tokens: Sequence[int]) -> tuple[Prefix | None, int]:
        """Return the prefix that has most of the tokens' beginning, and how many of them."""
        best, most = None, 0
        for prefix in self._kept:
            if prefix.reader == reader:
                shared = shared_length(prefix.tokens, tokens)
                if shared > most:
                    best, most = prefix, shared
        if best is not None:
            self._kept.remove(best)
            self._kept.append(best)
        return best, most

    def add(self, prefix: Prefix) -> None:
        """Keep a prefix instead of those that it begins with."""
        self._kept = [
            kept
            for kept in self._kept
            if kept.reader != prefix.reader
            or shared_length(prefix.tokens, kept.tokens) < len(kept.tokens)
        ]
        self._kept.append(prefix)
        self._bytes = sum(kept.bytes for kept in self._kept)

    def shrink(self, byte_limit: int) -> None:
        """Forget what was used least recently until the rest fits."""
        while self._kept and (self._bytes > byte_limit or len(self._kept) > _MAX_KEPT):
            self._bytes -= self._kept.pop(0).bytes


def shared_length(left: Sequence[int], right: Sequence[int]) -> int:
    """Return how many tokens two rows have in common at their beginning."""
    length = min(len(left), len(right))
    for start in range(0, length, _PIECE):
        # Whole pieces first: comparing slices is far faster than token by token.
        ours, theirs = left[start : start + _PIECE], right[start : start + _PIECE]
        if ours != theirs:
            pairs = enumerate(zip(ours, theirs, strict=False))
            return start + next((at for at, (a, b) in pairs if a != b), length - start)
    return length
