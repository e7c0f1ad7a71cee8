"""Several runs compared at once, with the correction that so many tests need."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from understudy.evals.verdict.changes import Rate, change_of
from understudy.evals.verdict.comparison import Comparison, MeasuredPair, measured_pair, verdict_on
from understudy.evals.verdict.joint_tests import judged_together
from understudy.evals.verdict.measures import measured, measures_of
from understudy.evals.verdict.pairing import Outcome, pair_outcomes


@dataclass(frozen=True, kw_only=True)
class PlacedComparison:
    """A comparison of two of the runs, by their places."""

    base: int
    candidate: int
    found: Comparison


def compare_several(
    runs: Sequence[Sequence[Outcome]],
    criteria: Sequence[str],
    *,
    margin: float,
    is_common_part_enough: bool,
    is_every_pair: bool,
) -> tuple[PlacedComparison, ...]:
    """Compare runs with the first of them, or every one with each that stands after it.

    All tests of all pairs count in one correction, so that a false alarm anywhere stays rare.
    """
    places = [
        (base, candidate)
        for base, candidate in combinations(range(len(runs)), 2)
        if is_every_pair or base == 0
    ]
    pairs = [
        measured_pair(
            pair_outcomes(runs[base], runs[candidate], is_common_part_enough=is_common_part_enough),
            criteria,
        )
        for base, candidate in places
    ]
    return tuple(
        PlacedComparison(base=base, candidate=candidate, found=found)
        for (base, candidate), found in zip(places, _judged(pairs, margin), strict=True)
    )


def rate_of_run(outcomes: Sequence[Outcome], criteria: Sequence[str]) -> Rate:
    """Return how many items of a run pass all criteria."""
    pairing = pair_outcomes(outcomes, outcomes)
    return change_of(measured(measures_of(criteria)[0], pairing.items)).base


def _judged(pairs: Sequence[MeasuredPair], margin: float) -> list[Comparison]:
    tests = judged_together([pair.changes[at] for pair in pairs for at in pair.deciding])
    found: list[Comparison] = []
    for pair in pairs:
        own, tests = tests[: len(pair.deciding)], tests[len(pair.deciding) :]
        found.append(verdict_on(pair, own, margin))
    return found
