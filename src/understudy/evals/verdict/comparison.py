"""Did it get better? Two runs over the same items, counted, tested and put into a sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean
from typing import NamedTuple

from understudy.evals.verdict.pairing import Outcome, Pair, pair_outcomes
from understudy.evals.verdict.statistics import (
    Flips,
    Interval,
    bootstrap_interval,
    difference_interval,
    items_needed,
    mcnemar_p,
    wilson_interval,
)

_LEVEL = 0.05
MIN_INTERESTING = 0.05
"""A change of pass rates that is worth knowing of, when the data show no larger one."""


class Verdict(StrEnum):
    """What the data allow to say of the candidate."""

    BETTER = "better"
    WORSE = "worse"
    CANNOT_TELL = "cannot_tell"


class Rate(NamedTuple):
    """How many items of how many passed, and where the true share lies."""

    passed: int
    total: int
    interval: Interval

    @property
    def value(self) -> float:
        """The share that passed; 0 of nothing."""
        return self.passed / self.total if self.total else 0.0


@dataclass(frozen=True, kw_only=True)
class Change:
    """Passing, before and after, over items that both runs could judge."""

    base: Rate
    candidate: Rate
    flips: Flips
    difference: float
    interval: Interval
    p_value: float


@dataclass(frozen=True, kw_only=True)
class ScoreChange:
    """The mean score of one criterion, before and after."""

    base: float
    candidate: float
    difference: float
    interval: Interval


@dataclass(frozen=True, kw_only=True)
class CriterionChange:
    """What changed in the eyes of one grader."""

    criterion: str
    passing: Change
    score: ScoreChange


@dataclass(frozen=True, kw_only=True)
class FlippedItem:
    """An item that one model passes and the other does not."""

    base_number: int
    candidate_number: int
    is_improved: bool


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything that is to be said about two runs."""

    pairs: int
    errored: int
    """Items left out because one of the runs, or both, could not judge them."""
    overall: Change
    criteria: tuple[CriterionChange, ...]
    flipped: tuple[FlippedItem, ...]
    verdict: Verdict
    sentence: str
    items_needed: int | None
    """How many items would settle it; None when it is settled, or there is nothing to go by."""
    detectable: float | None
    """The difference that so many items would show."""


def compare(
    base: Iterable[Outcome], candidate: Iterable[Outcome], criteria: Sequence[str], *, seed: int
) -> Comparison:
    """Compare two runs over the same data; raises InvalidRequestError when it is not the same."""
    joined = pair_outcomes(base, candidate)
    judged = [p for p in joined if not (p.base.is_errored or p.candidate.is_errored)]
    overall = change_of([(p.base.is_passed, p.candidate.is_passed) for p in judged])
    verdict = _verdict(overall)
    detectable = _detectable(overall) if verdict is Verdict.CANNOT_TELL and judged else None
    # One flip each way is added, as for the interval: that no item flipped yet does not mean that
    # none ever will.
    flips = overall.flips
    flip_rate = (flips.improved + flips.regressed + 2) / (flips.total + 2)
    needed = items_needed(flip_rate, detectable) if detectable is not None else None
    return Comparison(
        pairs=len(judged),
        errored=len(joined) - len(judged),
        overall=overall,
        criteria=tuple(_criterion(criterion, judged, seed) for criterion in criteria),
        flipped=tuple(
            FlippedItem(
                base_number=pair.base.number,
                candidate_number=pair.candidate.number,
                is_improved=pair.candidate.is_passed,
            )
            for pair in judged
            if pair.base.is_passed != pair.candidate.is_passed
        ),
        verdict=verdict,
        sentence=_sentence(overall, verdict, needed, detectable),
        items_needed=needed,
        detectable=detectable,
    )


def change_of(pairs: Sequence[tuple[bool, bool]]) -> Change:
    """Count and test what became of items, given as passed before and passed after."""
    flips = Flips(
        improved=pairs.count((False, True)),
        regressed=pairs.count((True, False)),
        both=pairs.count((True, True)),
        neither=pairs.count((False, False)),
    )
    base, candidate = flips.both + flips.regressed, flips.both + flips.improved
    return Change(
        base=rate_of(base, flips.total),
        candidate=rate_of(candidate, flips.total),
        flips=flips,
        difference=(candidate - base) / flips.total if flips.total else 0.0,
        interval=difference_interval(flips),
        p_value=mcnemar_p(flips.improved, flips.regressed),
    )


def rate_of(passed: int, total: int) -> Rate:
    """Return a rate with its interval."""
    return Rate(passed, total, wilson_interval(passed, total))


def _criterion(criterion: str, judged: Sequence[Pair], seed: int) -> CriterionChange:
    scores = [(p.base.scores[criterion], p.candidate.scores[criterion]) for p in judged]
    differences = [after - before for before, after in scores]
    return CriterionChange(
        criterion=criterion,
        passing=change_of(
            [(p.base.passes[criterion], p.candidate.passes[criterion]) for p in judged]
        ),
        score=ScoreChange(
            base=fmean(before for before, _ in scores) if scores else 0.0,
            candidate=fmean(after for _, after in scores) if scores else 0.0,
            difference=fmean(differences) if differences else 0.0,
            interval=(
                bootstrap_interval(differences, seed=seed) if differences else Interval(0.0, 0.0)
            ),
        ),
    )


def _verdict(change: Change) -> Verdict:
    if change.p_value >= _LEVEL:
        return Verdict.CANNOT_TELL
    return Verdict.BETTER if change.difference > 0 else Verdict.WORSE


def _detectable(change: Change) -> float:
    """Return the difference to plan for: the one that was seen, if it is worth knowing of."""
    return max(abs(change.difference), MIN_INTERESTING)


def _sentence(
    change: Change, verdict: Verdict, needed: int | None, detectable: float | None
) -> str:
    rates = f"{_percent(change.base.value)} before, {_percent(change.candidate.value)} after"
    if verdict is Verdict.CANNOT_TELL:
        if needed is None or detectable is None:
            return "Cannot tell: there is no item that both runs could judge."
        items = _items(change.flips.total)
        return (
            f"Cannot tell with {items} ({rates}, p {_p(change.p_value)}): about {needed:,} would "
            f"be needed to see a {_points(detectable)}-point change."
        )
    low, high = (f"{100 * bound:+.1f}" for bound in change.interval)
    return (
        f"The candidate is {verdict}: {rates}, a difference of {100 * change.difference:+.1f} "
        f"points (95 % interval {low} to {high}, p {_p(change.p_value)}, "
        f"{_items(change.flips.total)})."
    )


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f} %"


def _points(difference: float) -> str:
    return f"{100 * difference:.1f}".removesuffix(".0")


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count:,} items"


def _p(value: float) -> str:
    return "< 0.0001" if value < 0.0001 else f"= {value:.2g}"
