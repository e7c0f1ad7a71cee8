"""Several tests at once: p-values adjusted so that one false alarm in any of them stays rare."""

from collections.abc import Sequence
from typing import NamedTuple


class Adjusted(NamedTuple):
    """P-values that may be compared with the level one by one."""

    values: tuple[float, ...]
    family: int
    """How many tests the correction counts."""


def adjusted(p_values: Sequence[float], attainable: Sequence[float], level: float) -> Adjusted:
    """Return adjusted p-values; `attainable` is the smallest one that each test could have given.

    A test that cannot reach the level whatever happens costs the others nothing.
    Sources: Holm 1979, the step-down procedure; Tarone 1990, which tests count.
    """
    counted = [place for place, least in enumerate(attainable) if least < level]
    family = max(1, len(counted))
    values = [min(1.0, family * p) for p in p_values]
    highest = 0.0
    for rank, place in enumerate(sorted(counted, key=lambda place: p_values[place])):
        highest = max(highest, min(1.0, (family - rank) * p_values[place]))
        values[place] = highest
    return Adjusted(tuple(values), family)
