"""What is compared: passing by all criteria, passing by one, and its score; each for itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

from understudy.evals.verdict.pairing import ItemPair, Outcome


class Kind(StrEnum):
    """What a measure looks at."""

    PASSING = "passing"
    SCORE = "score"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One thing that may have changed."""

    kind: Kind
    criterion: str | None
    """None for all criteria together."""
    criteria: tuple[str, ...]
    """Those that it looks at."""

    def value(self, outcome: Outcome) -> float | None:
        """Return what it sees of an answer, a share or a score; None when that is not known."""
        if self.kind is Kind.SCORE:
            return outcome.scores.get(self.criteria[0])
        verdicts = [outcome.passes.get(criterion) for criterion in self.criteria]
        # One criterion that fails decides, whatever those that erred would have said.
        if False in verdicts:
            return 0.0
        return None if None in verdicts or not verdicts else 1.0


@dataclass(frozen=True, kw_only=True)
class Side:
    """What one run made of one item: the mean of its answers, and where errors may put it."""

    mean: float | None
    """None when none of them could be judged."""
    low: float
    high: float
    has_errors: bool


@dataclass(frozen=True, kw_only=True)
class MeasuredItem:
    """An item in the eyes of a measure."""

    cluster: str | None
    base: Side
    candidate: Side

    @property
    def is_judged(self) -> bool:
        """Say whether both runs have something to say of it."""
        return self.base.mean is not None and self.candidate.mean is not None

    @property
    def is_unknown(self) -> bool:
        """Say whether neither has: such an item is not fit for this measure."""
        return self.base.mean is None and self.candidate.mean is None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """All items in the eyes of a measure."""

    measure: Measure
    items: tuple[MeasuredItem, ...]
    scale: float
    """The largest difference that there can be between two answers."""

    @property
    def judged(self) -> list[MeasuredItem]:
        """The items that both runs could judge."""
        return [item for item in self.items if item.is_judged]


def measures_of(criteria: Sequence[str]) -> list[Measure]:
    """Return everything that is compared: all criteria together, then each one's passes, scores."""
    return [
        Measure(kind=Kind.PASSING, criterion=None, criteria=tuple(criteria)),
        *(Measure(kind=Kind.PASSING, criterion=each, criteria=(each,)) for each in criteria),
        *(Measure(kind=Kind.SCORE, criterion=each, criteria=(each,)) for each in criteria),
    ]


def measured(measure: Measure, pairs: Sequence[ItemPair]) -> Measured:
    """Look at all items through a measure."""
    values = [
        ([measure.value(o) for o in pair.base], [measure.value(o) for o in pair.candidate])
        for pair in pairs
    ]
    low, high = 0.0, 1.0
    if measure.kind is Kind.SCORE:
        known = [value for sides in values for side in sides for value in side if value is not None]
        low, high = (min(known), max(known)) if known else (0.0, 0.0)
    return Measured(
        measure=measure,
        items=tuple(
            MeasuredItem(
                cluster=pair.cluster, base=_side(base, low, high), candidate=_side(after, low, high)
            )
            for pair, (base, after) in zip(pairs, values, strict=True)
        ),
        scale=high - low,
    )


def difference(item: MeasuredItem) -> float:
    """Return candidate minus base, of an item that both could judge."""
    assert item.candidate.mean is not None
    assert item.base.mean is not None
    return item.candidate.mean - item.base.mean


def lowest_difference(item: MeasuredItem) -> float:
    """Return the difference if every error hid what speaks against the candidate."""
    return item.candidate.low - item.base.high


def highest_difference(item: MeasuredItem) -> float:
    """Return the difference if every error hid what speaks for the candidate."""
    return item.candidate.high - item.base.low


Estimate = Callable[[MeasuredItem], float]
"""One of the three above."""


def _side(values: Sequence[float | None], low: float, high: float) -> Side:
    known = [value for value in values if value is not None]
    return Side(
        mean=fmean(known) if known else None,
        low=fmean(low if value is None else value for value in values),
        high=fmean(high if value is None else value for value in values),
        has_errors=len(known) < len(values),
    )
