"""How much better each answer of a group is than its siblings."""

from collections.abc import Sequence

# Rewards nearer than this differ by rounding.
_SAME = 1e-9


def advantages(rewards: Sequence[float | None]) -> list[float]:
    """Return the reward of each answer above the mean of its group.

    An answer that could not be graded (None) is no part of the mean and has an advantage of 0. It
    is not divided by the spread: that would weigh the easiest and the hardest prompts most.

    Source: Liu et al. 2025, "Understanding R1-Zero-Like Training", arXiv:2503.20783, section 3.
    """
    known = [reward for reward in rewards if reward is not None]
    mean = sum(known) / len(known) if known else 0.0
    return [0.0 if reward is None else reward - mean for reward in rewards]


def teaches(rewards: Sequence[float | None]) -> bool:
    """Say whether a group has an answer that is better than another: otherwise nothing follows."""
    known = [reward for reward in rewards if reward is not None]
    return bool(known) and max(known) - min(known) > _SAME
