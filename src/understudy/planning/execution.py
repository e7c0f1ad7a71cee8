"""How a run is computed: nothing of it changes the result, only how much is computed at once."""

from dataclasses import dataclass, replace
from enum import StrEnum

MAX_TOKENS_AT_ONCE = 4096
"""More tokens at once are no faster."""

LOGIT_BYTES_AT_ONCE = 256 * 1024**2
"""Memory of one slice of float32 logits: all rows of a long batch would be gigabytes."""


class Layout(StrEnum):
    """How the examples of a micro-batch lie in front of the model."""

    PACKED = "packed"
    """End to end in one row, kept apart by our attention: nothing is padded."""
    PADDED = "padded"
    """One row each, filled up to the longest, with the attention that the model comes with."""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How a run is computed."""

    layout: Layout = Layout.PACKED
    tokens_per_micro_batch: int = MAX_TOKENS_AT_ONCE
    """Tokens computed at once; an example that is longer is computed alone."""
    recomputes: bool = False
    """Whether layers are computed again in the backward pass because memory is short."""

    def smaller(self, longest: int, *, can_recompute: bool) -> "Execution | None":
        """Return a way that needs less memory for examples of up to `longest` tokens, or None."""
        tokens = self.tokens_per_micro_batch
        # The longest example is computed alone at the least, however few tokens are asked for.
        if tokens > longest:
            tokens = max(longest, tokens // 2)
        less = replace(
            self, tokens_per_micro_batch=tokens, recomputes=self.recomputes or can_recompute
        )
        return None if less == self else less
