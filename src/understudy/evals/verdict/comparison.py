"""Did it get better? Two runs over the same items: measured, tested together, put into words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from understudy.evals.verdict.changes import Change, change_of
from understudy.evals.verdict.joint_tests import (
    JudgedChange,
    Verdict,
    joint_verdict,
    judged_together,
)
from understudy.evals.verdict.measures import Kind, Measured, measured, measures_of
from understudy.evals.verdict.pairing import Outcome, Pairing, pair_outcomes
from understudy.evals.verdict.power import Plan, items_needed, units_needed
from understudy.evals.verdict.statement import Statement, statements_of
from understudy.evals.verdict.statistics import LEVEL

MARGIN = 0.05
"""A change of pass rates below this counts as none, unless somebody says otherwise."""


@dataclass(frozen=True, kw_only=True)
class CriterionChange:
    """What changed in the eyes of one grader."""

    criterion: str
    passing: JudgedChange
    score: JudgedChange


@dataclass(frozen=True, kw_only=True)
class FlippedItem:
    """An item that one model passes more often than the other."""

    base_number: int
    candidate_number: int
    is_improved: bool


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything that is to be said about two runs."""

    pairing: Pairing
    clusters: int | None
    """None for independent items."""
    margin: float
    passing: JudgedChange
    """By all criteria together."""
    criteria: tuple[CriterionChange, ...]
    flipped: tuple[FlippedItem, ...]
    verdict: Verdict
    plan: Plan | None
    """None when it is settled, or more items would not settle it."""
    statements: tuple[Statement, ...]

    @property
    def sentence(self) -> str:
        """All statements: the verdict first."""
        return " ".join(statement.text for statement in self.statements)


@dataclass(frozen=True, kw_only=True)
class MeasuredPair:
    """Two runs measured and not yet judged."""

    pairing: Pairing
    seen: tuple[Measured, ...]
    changes: tuple[Change, ...]
    """One for each of `seen`: all criteria together, each one's passing, each one's score."""
    deciding: tuple[int, ...]
    """The places of those that say something which no other says."""


def compare(
    base: Iterable[Outcome],
    candidate: Iterable[Outcome],
    criteria: Sequence[str],
    *,
    margin: float = MARGIN,
    is_common_part_enough: bool = False,
) -> Comparison:
    """Compare two runs; raises InvalidRequestError when they are not about the same items.

    `margin` is the change of pass rates below which there is none worth knowing of.
    """
    pairing = pair_outcomes(base, candidate, is_common_part_enough=is_common_part_enough)
    pair = measured_pair(pairing, criteria)
    return verdict_on(
        pair, judged_together([pair.changes[place] for place in pair.deciding]), margin
    )


def measured_pair(pairing: Pairing, criteria: Sequence[str]) -> MeasuredPair:
    """Measure two runs by everything that may have changed."""
    seen = tuple(measured(measure, pairing.items) for measure in measures_of(criteria))
    deciding = [place for place in range(len(seen)) if not _is_repeated(place, pairing, seen)]
    return MeasuredPair(
        pairing=pairing,
        seen=seen,
        changes=tuple(map(change_of, seen)),
        deciding=tuple(deciding),
    )


def verdict_on(pair: MeasuredPair, tests: Sequence[JudgedChange], margin: float) -> Comparison:
    """Return the verdict on two runs, given the tests of what decides."""
    by_place = dict(zip(pair.deciding, tests, strict=True))
    count = (len(pair.changes) - 1) // 2
    passing = by_place[0]
    criteria: list[CriterionChange] = []
    for place in range(1, count + 1):
        of_passing = _twin(pair.changes[place], by_place.get(place, passing))
        score = pair.changes[count + place]
        criteria.append(
            CriterionChange(
                criterion=pair.changes[place].measure.criteria[0],
                passing=of_passing,
                score=_twin(score, by_place.get(count + place, of_passing)),
            )
        )
    verdict = joint_verdict(tests, margin)
    plan = _plan(passing, margin) if verdict is Verdict.CANNOT_TELL else None
    clusters = {item.cluster for item in pair.pairing.items} - {None}
    return Comparison(
        pairing=pair.pairing,
        clusters=len(clusters) if clusters else None,
        margin=margin,
        passing=passing,
        criteria=tuple(criteria),
        flipped=_flipped(pair),
        verdict=verdict,
        plan=plan,
        statements=statements_of(
            verdict, tests, pair.pairing, margin=margin, clusters=len(clusters), plan=plan
        ),
    )


def _is_repeated(place: int, pairing: Pairing, seen: Sequence[Measured]) -> bool:
    """Say whether a measure only repeats another one: it would be counted twice."""
    measure = seen[place].measure
    if measure.criterion is None:
        return False
    if measure.kind is Kind.PASSING:
        return seen[0].measure.criteria == measure.criteria
    outcomes = [o for pair in pairing.items for side in pair for o in side]
    key = measure.criterion
    return all(o.scores.get(key) in (o.passes.get(key), None) for o in outcomes)


def _twin(change: Change, of: JudgedChange) -> JudgedChange:
    """Return a change with the test that says the same."""
    return JudgedChange(
        change=change, adjusted_p=of.adjusted_p, robust_p=of.robust_p, family=of.family
    )


def _plan(passing: JudgedChange, margin: float) -> Plan | None:
    """Return how many items would show the difference that was seen, if it is worth knowing of.

    Where so many are there already, it is the difference that was seen all the same.
    """
    change = passing.change
    if change.items == 0 or change.is_mostly_unknown or passing.is_seen:
        return None
    seen = abs(change.found.mean)
    plans = [
        Plan(items=_items_for(passing, size), difference=size)
        for size in (max(seen, margin), seen)
        if size > 0
    ]
    return next((plan for plan in plans if plan.items > change.total), None)


def _items_for(passing: JudgedChange, size: float) -> int:
    change, level = passing.change, LEVEL / passing.family
    if change.is_plain:
        # One flip each way is added, as for the interval: that no item flipped yet does not mean
        # that none ever will.
        flips = change.flips
        flip_rate = (flips.improved + flips.regressed + 2) / (flips.total + 2)
        return items_needed(flip_rate, size, level=level)
    units = units_needed(change.found.variance, size, level=level)
    return ceil(units * change.items / change.units)


def _flipped(pair: MeasuredPair) -> tuple[FlippedItem, ...]:
    flipped: list[FlippedItem] = []
    for (base, candidate), item in zip(pair.pairing.items, pair.seen[0].items, strict=True):
        before, after = item.base.mean, item.candidate.mean
        if before is not None and after is not None and before != after:
            flipped.append(
                FlippedItem(
                    base_number=base[0].number,
                    candidate_number=candidate[0].number,
                    is_improved=after > before,
                )
            )
    return tuple(flipped)
