"""Divides a training file in two: what is learned, and what is held out to see how well."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from understudy.data.examples import ChatExample
from understudy.data.splitting.kinds import kinds_of
from understudy.data.splitting.near_groups import near_across, near_groups, prompt_sketches
from understudy.errors import InvalidRequestError

_EVERYTHING = ""
"""Stands beside the kinds for the size of the whole."""
_MAX_PASSES = 10
# Rounding must not make two choices change places for ever.
_MIN_GAIN = 1e-9


@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """How to divide."""

    validation: float
    """The share to hold out, between 0 and 1."""
    by_duplicate_group: bool
    """Keep prompts that are nearly the same on one side."""
    stratify: bool
    """Give both sides the same mix of kinds."""
    seed: int


@dataclass(frozen=True, kw_only=True)
class KindCount:
    """How many examples of one kind are on each side."""

    kind: str
    training: int
    validation: int


@dataclass(frozen=True, kw_only=True)
class Split:
    """A file divided."""

    training: tuple[int, ...]
    """Lines of the file, counted from 1, in order."""
    validation: tuple[int, ...]
    kinds: tuple[KindCount, ...]
    groups: int
    """Groups of prompts that are nearly the same, those of one included."""
    largest_group: int
    shared: int
    """Held-out examples whose prompt is nearly one of the training side's."""


def split(
    examples: Sequence[ChatExample],
    options: SplitOptions,
    check_stop: Callable[[], None] = lambda: None,
) -> Split:
    """Divide examples; the same seed divides the same file in the same way.

    `check_stop` is called for every example and may raise to end the work. Raises
    InvalidRequestError when one side would be empty.
    """
    kinds = kinds_of(examples)
    sketches = prompt_sketches(examples, check_stop)
    groups = near_groups(examples, sketches, check_stop)
    units = groups if options.by_duplicate_group else [[i] for i in range(len(examples))]
    held_out = _choose(units, kinds, options)
    if options.by_duplicate_group:
        held_out = _without_leaks(held_out, groups, sketches)
    training = [i for i in range(len(examples)) if i not in held_out]
    if not held_out or not training:
        raise _nothing_to_divide(len(examples), groups, options)
    return Split(
        training=tuple(examples[i].line for i in training),
        validation=tuple(examples[i].line for i in sorted(held_out)),
        kinds=_counts(kinds, held_out),
        groups=len(groups),
        largest_group=max(map(len, groups)),
        shared=len(near_across(training, sorted(held_out), sketches)),
    )


def _choose(units: list[list[int]], kinds: Sequence[str], options: SplitOptions) -> set[int]:
    """Hold out units until every kind, and the whole, is as near as it gets to its share."""
    wanted = {_EVERYTHING: options.validation * len(kinds)}
    if options.stratify:
        wanted |= {kind: options.validation * n for kind, n in Counter(kinds).items()}
    Random(options.seed).shuffle(units)
    # Large groups first: small ones then even out what is left.
    units = sorted(units, key=len, reverse=True)
    parts = [_parts(unit, kinds, wanted) for unit in units]
    chosen = [False] * len(units)
    missing = dict(wanted)
    for _ in range(_MAX_PASSES):
        if not _improve(chosen, missing, parts, wanted):
            break
    return {i for unit, is_chosen in zip(units, chosen, strict=True) if is_chosen for i in unit}


def _parts(unit: Sequence[int], kinds: Sequence[str], wanted: Mapping[str, float]) -> Counter[str]:
    """Return how many examples of each kind that counts a unit has."""
    parts = Counter(kinds[i] for i in unit if kinds[i] in wanted)
    parts[_EVERYTHING] = len(unit)
    return parts


def _improve(
    chosen: list[bool],
    missing: dict[str, float],
    parts: Sequence[Counter[str]],
    wanted: Mapping[str, float],
) -> bool:
    """Move every unit to the other side that is better off there; returns whether any was."""
    has_moved = False
    for number, unit in enumerate(parts):
        sign = -1 if chosen[number] else 1
        gain = sum(_gain(missing[kind], sign * n) / wanted[kind] for kind, n in unit.items())
        if gain > _MIN_GAIN:
            chosen[number] = not chosen[number]
            has_moved = True
            for kind, n in unit.items():
                missing[kind] -= sign * n
    return has_moved


def _gain(missing: float, added: int) -> float:
    """Return by how much the squared distance to what is wanted shrinks."""
    return missing**2 - (missing - added) ** 2


def _without_leaks(
    held_out: set[int], groups: Sequence[Sequence[int]], sketches: Sequence[tuple[int, ...]]
) -> set[int]:
    """Give groups back to training in which a near prompt was overlooked, until there is none."""
    group_of = {i: group for group in groups for i in group}
    everything = range(len(sketches))
    while True:
        training = [i for i in everything if i not in held_out]
        leaks = near_across(training, sorted(held_out), sketches)
        if not leaks:
            return held_out
        for index in leaks:
            held_out = held_out - set(group_of[index])


def _counts(kinds: Sequence[str], held_out: set[int]) -> tuple[KindCount, ...]:
    total = Counter(kinds)
    outside = Counter(kinds[i] for i in held_out)
    return tuple(
        KindCount(kind=kind, training=n - outside[kind], validation=outside[kind])
        for kind, n in total.most_common()
    )


def _nothing_to_divide(
    count: int, groups: Sequence[Sequence[int]], options: SplitOptions
) -> InvalidRequestError:
    largest = max(map(len, groups), default=0)
    if options.by_duplicate_group and largest > count / 2:
        return InvalidRequestError(
            f"{largest} of {count} examples have prompts that are nearly the same, so there is no "
            "way to hold some out that share none with the others. Add other prompts, or do not "
            'keep duplicates together (--no-by-duplicate-group, or "by_duplicate_group": false in '
            "a request) and expect too good a score on what is held out."
        )
    return InvalidRequestError(
        f"{options.validation:g} of {count} examples leaves one side without any; choose another "
        "share, or add examples."
    )
