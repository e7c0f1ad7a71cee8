"""What changed in the eyes of a measure: rates, flips, the test, and what errors may hide."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from understudy.evals.verdict.measures import (
    Estimate,
    Kind,
    Measure,
    Measured,
    MeasuredItem,
    Side,
    difference,
    highest_difference,
    lowest_difference,
)
from understudy.evals.verdict.statistics import (
    Difference,
    Flips,
    Interval,
    Unit,
    paired_difference,
    rate_interval,
    wilson_interval,
)


class Rate(NamedTuple):
    """How many items of how many passed, and where the true share lies."""

    passed: float
    """A whole number, unless answers to one item were averaged."""
    total: int
    interval: Interval

    @property
    def value(self) -> float:
        """The share that passed; 0 of nothing."""
        return self.passed / self.total if self.total else 0.0


class Errors(NamedTuple):
    """Items with errors, by the run that has them."""

    base: int
    candidate: int
    both: int
    """Among them: those that neither run could judge at all. They are left out."""


@dataclass(frozen=True, kw_only=True)
class WorstCase:
    """What the errors of only one run may hide."""

    low: Difference
    """If all of them spoke against the candidate."""
    high: Difference
    """If all of them spoke for it."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One measure, before and after, over the items that both runs could judge."""

    measure: Measure
    rates: tuple[Rate, Rate] | None
    """Of base and candidate; None for a score."""
    base_mean: float
    candidate_mean: float
    flips: Flips
    found: Difference
    worst: WorstCase | None
    """None without errors."""
    errors: Errors
    total: int
    """All items, those with errors too."""
    units: int
    """Of items that are independent: clusters, or items."""
    is_plain: bool
    """Whether every item is a unit of its own and either flips or does not."""

    @property
    def base(self) -> Rate:
        """How many passed before; only for passing."""
        assert self.rates is not None
        return self.rates[0]

    @property
    def candidate(self) -> Rate:
        """How many pass now; only for passing."""
        assert self.rates is not None
        return self.rates[1]

    @property
    def items(self) -> int:
        """How many items both runs could judge."""
        return self.flips.total

    @property
    def is_mostly_unknown(self) -> bool:
        """Say whether more items than not could be judged in neither run."""
        return 2 * self.errors.both > self.total

    @property
    def robust_p(self) -> float:
        """The p-value, or a larger one if the errors may hide what speaks against the change."""
        if self.is_mostly_unknown:
            return 1.0
        if self.worst is None:
            return self.found.p_value
        against = self.worst.low if self.found.mean > 0 else self.worst.high
        has_same_sign = against.mean * self.found.mean > 0
        return max(self.found.p_value, against.p_value) if has_same_sign else 1.0

    @property
    def bounds(self) -> Interval | None:
        """Where the interval would end in the worst cases; None when nothing is known."""
        ends = [self.found] if self.worst is None else [self.worst.low, self.found, self.worst.high]
        intervals = [end.interval for end in ends if end.interval is not None]
        if len(intervals) < len(ends):
            return None
        return Interval(min(i.low for i in intervals), max(i.high for i in intervals))


def change_of(seen: Measured) -> Change:
    """Count and test what became of the items of a measure."""
    judged = seen.judged
    base = [item.base.mean or 0.0 for item in judged]
    candidate = [item.candidate.mean or 0.0 for item in judged]
    units = _estimated(judged, difference)
    is_rate = seen.measure.kind is Kind.PASSING
    return Change(
        measure=seen.measure,
        rates=(_rate(judged, base), _rate(judged, candidate)) if is_rate else None,
        base_mean=fmean(base) if base else 0.0,
        candidate_mean=fmean(candidate) if candidate else 0.0,
        flips=_flips(base, candidate),
        found=paired_difference(units, seen.scale),
        worst=_worst(seen),
        errors=Errors(
            base=sum(item.base.has_errors for item in seen.items),
            candidate=sum(item.candidate.has_errors for item in seen.items),
            both=sum(item.is_unknown for item in seen.items),
        ),
        total=len(seen.items),
        units=len(units),
        is_plain=is_rate
        and len(units) == len(judged)
        and all(abs(unit.difference) in (0.0, 1.0) for unit in units),
    )


def change_of_pairs(pairs: Sequence[tuple[bool, bool]]) -> Change:
    """Count and test what became of independent items, given as passed before and passed after."""

    def side(is_passed: bool) -> Side:
        value = float(is_passed)
        return Side(mean=value, low=value, high=value, has_errors=False)

    items = [
        MeasuredItem(cluster=None, base=side(before), candidate=side(after))
        for before, after in pairs
    ]
    measure = Measure(kind=Kind.PASSING, criterion=None, criteria=())
    return change_of(Measured(measure=measure, items=tuple(items), scale=1.0))


def rate_of(passed: int, total: int) -> Rate:
    """Return the rate of independent items with its interval."""
    return Rate(passed, total, wilson_interval(passed, total))


def _rate(judged: Sequence[MeasuredItem], values: Sequence[float]) -> Rate:
    clusters = [item.cluster for item in judged]
    passed = sum(values)
    return Rate(
        int(passed) if passed == int(passed) else passed,
        len(values),
        rate_interval(_units(clusters, values)),
    )


def _flips(base: Sequence[float], candidate: Sequence[float]) -> Flips:
    pairs = list(zip(base, candidate, strict=True))
    return Flips(
        improved=sum(before < after for before, after in pairs),
        regressed=sum(before > after for before, after in pairs),
        both=sum(before == after >= 0.5 for before, after in pairs),
        neither=sum(before == after < 0.5 for before, after in pairs),
    )


def _worst(seen: Measured) -> WorstCase | None:
    if not any(item.base.has_errors or item.candidate.has_errors for item in seen.items):
        return None
    known = [item for item in seen.items if not item.is_unknown]
    return WorstCase(
        low=paired_difference(_estimated(known, lowest_difference), seen.scale),
        high=paired_difference(_estimated(known, highest_difference), seen.scale),
    )


def _estimated(items: Sequence[MeasuredItem], estimate: Estimate) -> list[Unit]:
    return _units([item.cluster for item in items], [estimate(item) for item in items])


def _units(clusters: Sequence[str | None], values: Sequence[float]) -> list[Unit]:
    """Add up the values of each cluster; those without one stand for themselves."""
    alone: list[Unit] = []
    together: dict[str, list[float]] = defaultdict(list)
    for cluster, value in zip(clusters, values, strict=True):
        if cluster is None:
            alone.append(Unit(value, 1))
        else:
            together[cluster].append(value)
    return alone + [Unit(sum(found), len(found)) for found in together.values()]
