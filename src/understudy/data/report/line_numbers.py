"""Which lines of a file something concerns: how many, and the first of them to look at."""

from collections.abc import Iterable
from dataclasses import dataclass

MAX_LINES_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Lines of a file that have something in common."""

    count: int
    first: tuple[int, ...]
    """The first of them, counted from 1, at most MAX_LINES_SHOWN."""


@dataclass(frozen=True, kw_only=True)
class LineGroups:
    """Lines that belong together, for example because they say the same."""

    groups: int
    examples: int
    """Examples in all groups together."""
    first: tuple[tuple[int, ...], ...]
    """The first groups, and the first lines of each; at most MAX_LINES_SHOWN of both."""


def lines_of(numbers: Iterable[int]) -> Lines:
    """Count lines and keep the first."""
    ordered = sorted(set(numbers))
    return Lines(count=len(ordered), first=tuple(ordered[:MAX_LINES_SHOWN]))


def groups_of(groups: Iterable[Iterable[int]]) -> LineGroups:
    """Count the groups that have more than one line and keep the first."""
    ordered = sorted(sorted(group) for group in groups)
    several = [group for group in ordered if len(group) > 1]
    return LineGroups(
        groups=len(several),
        examples=sum(map(len, several)),
        first=tuple(tuple(group[:MAX_LINES_SHOWN]) for group in several[:MAX_LINES_SHOWN]),
    )
