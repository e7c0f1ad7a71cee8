"""Which changes are real: all tests of a comparison, judged together."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from understudy.evals.verdict.changes import Change
from understudy.evals.verdict.holm import adjusted
from understudy.evals.verdict.statistics import LEVEL


class Verdict(StrEnum):
    """What the data allow to say of the candidate."""

    BETTER = "better"
    WORSE = "worse"
    MIXED = "mixed"
    """Better by one measure and worse by another."""
    NO_CHANGE = "no_change"
    """A change, if there is any, is smaller than the margin."""
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, kw_only=True)
class JudgedChange:
    """A change with what all the tests together allow to say of it."""

    change: Change
    adjusted_p: float
    """For the items that both runs could judge."""
    robust_p: float
    """The same if the errors hid what speaks against it."""
    family: int
    """How many tests the correction counts."""

    @property
    def is_seen(self) -> bool:
        """Say whether there is a change among the items that both runs could judge."""
        return self.adjusted_p < LEVEL

    @property
    def is_proved(self) -> bool:
        """Say whether there is one whatever the errors hide."""
        return self.robust_p < LEVEL

    @property
    def is_gain(self) -> bool:
        """Say whether the candidate is ahead."""
        return self.change.found.mean > 0

    def verdict(self, margin: float) -> Verdict:
        """Return what this measure alone says; the margin is one of its own differences."""
        if self.is_proved:
            return Verdict.BETTER if self.is_gain else Verdict.WORSE
        bounds = self.change.bounds
        is_small = bounds is not None and -margin < bounds.low and bounds.high < margin
        if is_small and not self.is_seen and not self.change.is_mostly_unknown:
            return Verdict.NO_CHANGE
        return Verdict.CANNOT_TELL


def judged_together(changes: Sequence[Change]) -> list[JudgedChange]:
    """Judge changes together, so that a false alarm in any of them comes in 5 % of cases."""
    attainable = [change.found.attainable for change in changes]
    seen = adjusted([change.found.p_value for change in changes], attainable, LEVEL)
    robust = adjusted([change.robust_p for change in changes], attainable, LEVEL)
    return [
        JudgedChange(change=change, adjusted_p=by_items, robust_p=by_all, family=seen.family)
        for change, by_items, by_all in zip(changes, seen.values, robust.values, strict=True)
    ]


def joint_verdict(tests: Sequence[JudgedChange], margin: float) -> Verdict:
    """Return what all tests say together; the first is that of passing by all criteria."""
    gains = {test.is_gain for test in tests if test.is_proved}
    if gains:
        if len(gains) == 2:
            return Verdict.MIXED
        return Verdict.BETTER if True in gains else Verdict.WORSE
    if any(test.is_seen for test in tests):
        return Verdict.CANNOT_TELL
    return tests[0].verdict(margin)
